# What the legs of probe.sh have in common; sourced by it.

WIDENED=S01,S02,S03,S04,S06,S08,S16,S18
servers=()

stop_all() {
    for server in "${servers[@]}"; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
    servers=()
    if [ -n "${folder:-}" ] && [ -f "$folder/restarted" ]; then
        kill "$(cat "$folder/restarted")" 2>/dev/null || true
        rm -f "$folder/restarted"
    fi
}

# serve DATABASE: one more process; `address` is where it listens.
serve() {
    database=$1
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    address=http://127.0.0.1:$port
    LD_PRELOAD=${SHIM:-} "$binary" serve --database "$database" --listen "127.0.0.1:$port" \
        --log-level warn >>"$folder/log" 2>&1 &
    servers+=($!)
    echo $! >"$folder/pid"
    wait_for "$address" || { cat "$folder/log"; exit 3; }
}

wait_for() {
    for _ in {1..300}; do
        kill -0 "$(cat "$folder/pid")" 2>/dev/null || return 1
        python3 - "$1" <<'PYTHON' && return
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[1] + "/ready", timeout=1)
except Exception:
    sys.exit(1)
PYTHON
        sleep 0.1
    done
    return 1
}

# Kills the last process that was started and starts it again at the same place.
restart_command() {
    cat >"$folder/restart.sh" <<SHELL
kill -9 \$(cat $folder/restarted 2>/dev/null || cat $folder/pid) 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
    "$binary" serve --database "$database" --listen 127.0.0.1:$port --log-level warn >>"$folder/log" 2>&1 &
    echo \$! >"$folder/restarted"
    for _ in \$(seq 100); do
        python3 -c 'import urllib.request as u; u.urlopen("$address/ready", timeout=1)' 2>/dev/null && exit 0
        kill -0 \$(cat $folder/restarted) 2>/dev/null || break
        sleep 0.05
    done
done
exit 1
SHELL
    echo "setsid sh $folder/restart.sh"
}

id() { head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

token() { "$binary" token --user "$(id)" --firm "$1" --role "$2"; }

# probe NAME ARGUMENTS…: fresh firms, a report in target/probe/NAME.
probe() {
    local name=$1 tokens=(--token "a=$(token "$(id)" owner)" --token "b=$(token "$(id)" owner)") n
    shift
    for n in {1..10}; do tokens+=(--token "p$n=$(token "$(id)" lawyer)"); done
    echo "== $name"
    "$binary" probe run --adapter amanah "${tokens[@]}" --rounds "$rounds" --twin-rounds 6 \
        --delivery "$deliveries" --cell-seconds-max "${CELL_SECONDS_MAX:-20}" --out "$out/$name" "$@" \
        >"$out-$name.txt" || { code=$?; cat "$out-$name.txt"; exit "$code"; }
    grep -v '^clean' "$out-$name.txt" || true
}

slow_writes() {
    SHIM=$folder/slow.so
    cc -shared -fPIC -o "$SHIM" -xc - -ldl <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    usleep(2000);
    return real(fd, from, count, at);
}
C
}

postgres_leg() {
    folder=$(mktemp -d)
    trap 'stop_all; rm -rf "$folder"' EXIT
    serve "$DATABASE_URL"
    local first=$address
    serve "$DATABASE_URL"
    probe postgres-two-processes --target "$first" --target "$address" --pid "${servers[0]}"
    stop_all
    # The same with 5 ms on the way of every statement.
    local wire_port
    wire_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$binary" probe wire --listen "127.0.0.1:$wire_port" --to "127.0.0.1:$PGPORT" --delay-ms 5 >/dev/null &
    servers+=($!)
    local slow=${DATABASE_URL/:$PGPORT/:$wire_port}
    serve "$slow"
    first=$address
    serve "$slow"
    probe postgres-widened --target "$first" --target "$address" --scenario "$WIDENED"
}
