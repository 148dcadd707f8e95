#!/usr/bin/env bash
# The race prober against the server of this workspace: on SQLite, plain and with every write to the disk
# made slow, and on PostgreSQL with two processes, plain and with every statement made slow. Each cell is
# also played against the naive twin; where that is not caught, the result is inconclusive and this fails.
#
#   tests/probe.sh             a short honest pass, under five minutes
#   tests/probe.sh 2000 all    so many rounds of every scenario with every delivery; hours
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-6}
deliveries=${2:-last-byte,single-write}
out=$PWD/target/probe
binary=$PWD/target/${PROFILE:-debug}/amanah
throwaway=$PWD/target/${PROFILE:-debug}/throwaway
export JWT_SECRET=only-for-the-prober-0123456789abcdef
export RUST_LOG=warn

if [ -z "${PROFILE:-}" ]; then cargo build --quiet --bin amanah --bin throwaway; fi

# Run inside throw-away PostgreSQL: two processes on one database.
if [ "${LEG:-}" = postgres ]; then
    source tests/probe_legs.sh
    postgres_leg
    exit
fi

folder=$(mktemp -d)
source tests/probe_legs.sh
trap 'stop_all; rm -rf "$folder"' EXIT

serve "sqlite:$folder/books.db"
probe sqlite --target "$address" --restart "$(restart_command)"
stop_all
"$binary" verify --database "sqlite:$folder/books.db"

# A write that takes 2 ms more widens every window between what is read and what is written.
slow_writes
serve "sqlite:$folder/slow.db"
probe sqlite-widened --target "$address" --scenario "$WIDENED"
stop_all
unset SHIM

LEG=postgres PROFILE=${PROFILE:-debug} "$throwaway" -- "$0" "$rounds" "$deliveries"
