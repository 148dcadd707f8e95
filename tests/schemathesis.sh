#!/usr/bin/env bash
# Thousands of requests made of the OpenAPI document, by a program that knows nothing of our code: no
# answer may be a 5xx, or anything that the document does not describe. Ends after a few minutes.
set -euo pipefail

cases_min=2000
venv=target/schemathesis
binary=target/debug/amanah

if ! [ -x "$venv/bin/schemathesis" ]; then
    echo "installing schemathesis (PyPI) into $venv"
    python3 -m venv "$venv" 2>/dev/null || {
        echo "installing python3-venv (Debian)"
        apt-get update -qq && apt-get install -y -qq python3-venv
        python3 -m venv "$venv"
    }
    "$venv/bin/pip" install --quiet 'schemathesis>=4.32,<5'
fi
cargo build --quiet --bin amanah

folder=$(mktemp -d)
export JWT_SECRET=a-secret-for-schemathesis-of-32-bytes-or-more
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$binary" serve --database "sqlite:$folder/books.db" --listen "127.0.0.1:$port" >"$folder/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
token=$("$binary" token --user 64f1a2b3c4d5e6f708192a3b --firm 64f1a2b3c4d5e6f708192a3c --role owner)
# A body that is refused by a rule of the business is as good as one that is accepted: what is checked
# is that every answer, whatever it says, is described.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth
cd "$folder"
"$OLDPWD/$venv/bin/schemathesis" run "http://127.0.0.1:$port/openapi.json" \
    --wait-for-schema 10 --workers 2 --seed 1 --no-shrink --max-examples 12 --max-failures 10 \
    --phases examples,fuzzing,stateful --checks "$checks" --warnings off \
    --suppress-health-check all --header "Authorization: Bearer $token" \
    --report json --report-json-path report.json || { tail -20 log; exit 1; }
cd "$OLDPWD"
"$binary" verify --database "sqlite:$folder/books.db"
python3 - "$folder/report.json" "$cases_min" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
cases = report.get("summary", report)["test_cases"]["generated"]
print(f"schemathesis: {cases} cases")
sys.exit(cases < int(sys.argv[2]))
PYTHON
