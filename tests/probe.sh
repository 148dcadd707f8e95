#!/usr/bin/env bash
# The race prober against the server of this workspace: on SQLite, plain and with every write to the disk
# made slow, and on PostgreSQL with two processes, plain and with every statement made slow. The plain legs
# also turn the server's year. Each cell is also played against the naive twin, up to ten times as long as
# it takes to catch it.
#
#   tests/probe.sh             a short honest pass, under five minutes
#   tests/probe.sh 2000 all    so many rounds of every scenario with every delivery; hours
#
# A violation fails at once. What is inconclusive, as a very busy machine can make it, is said and played
# again with five times the rounds; if that does not settle it, this fails with exit code 2.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-6}
deliveries=${2:-last-byte,single-write}
out=$PWD/target/probe
binary=$PWD/target/${PROFILE:-debug}/amanah
throwaway=$PWD/target/${PROFILE:-debug}/throwaway
export JWT_SECRET=only-for-the-prober-0123456789abcdef
export RUST_LOG=warn
mkdir -p "$out"

if [ -z "${PROFILE:-}" ]; then cargo build --quiet --bin amanah --bin throwaway; fi

source tests/probe_legs.sh
# Inside throw-away PostgreSQL.
if [ "${LEG:-}" = postgres ]; then
    postgres_legs
else
    sqlite_legs
    LEG=postgres PROFILE=${PROFILE:-debug} "$throwaway" -- "$0" "$rounds" "$deliveries"
fi
