# The legs of probe.sh, and what they have in common; sourced by it.

WIDENED=S01,S02,S03,S04,S06,S08,S16,S18
folder=$(mktemp -d)
servers=()
shim=
trap 'stop_all; rm -rf "$folder"' EXIT

sqlite_legs() {
    with_clock
    serve "sqlite:$folder/books.db"
    probe sqlite all --target "$address" --restart "$(restart_command)" --set-clock "$set_clock"
    stop_all
    verify "sqlite:$folder/books.db"

    # A write that takes 2 ms more widens every window between what is read and what is written.
    slow_writes
    serve "sqlite:$folder/slow.db"
    probe sqlite-widened "$WIDENED" --target "$address"
    stop_all
    verify "sqlite:$folder/slow.db"
}

# Two processes on one database, of which one is put to sleep now and then.
postgres_legs() {
    local first wire_port slow
    with_clock
    serve "$DATABASE_URL"
    first=$address
    serve "$DATABASE_URL"
    probe postgres-two-processes all --target "$first" --target "$address" --pid "${servers[0]}" \
        --set-clock "$set_clock"
    stop_all
    verify "$DATABASE_URL"

    # The same with 5 ms on the way of every statement.
    shim=
    wire_port=$(free_port)
    "$binary" probe wire --listen "127.0.0.1:$wire_port" --to "127.0.0.1:$PGPORT" --delay-ms 5 \
        >"$folder/wire" &
    servers+=($!)
    disown
    until grep -qs ms "$folder/wire"; do sleep 0.05; done
    slow=${DATABASE_URL/:$PGPORT/:$wire_port}
    [ "$slow" != "$DATABASE_URL" ] || { echo "the wire is not in between"; exit 3; }
    serve "$slow"
    first=$address
    serve "$slow"
    probe postgres-widened "$WIDENED" --target "$first" --target "$address"
    stop_all
    verify "$DATABASE_URL"
}

# probe NAME SCENARIOS ARGUMENTS…: fresh firms, a report in target/probe/NAME.
probe() {
    local name=$1 scenarios=$2 tokens=(--token "a=$(token "$(id)" owner)" --token "b=$(token "$(id)" owner)") n
    shift 2
    for n in {1..10}; do tokens+=(--token "p$n=$(token "$(id)" lawyer)"); done
    local code=0 open started=$SECONDS
    echo "== $name"
    once "$name" "$scenarios" "$rounds" "${tokens[@]}" "$@" || code=$?
    if [ "$code" = 2 ]; then
        open=$(awk '$1 == "INCONCLUSIVE" { print $2 }' "$out/$name.txt" | sort -u | paste -sd,)
        echo "-- again, five times as long: $open"
        code=0
        once "$name-again" "$open" "$((rounds * 5))" "${tokens[@]}" "$@" || code=$?
    fi
    echo "-- $((SECONDS - started)) s"
    [ "$code" = 0 ] || exit "$code"
}

# What is not clean is shown, and the last lines.
once() {
    local name=$1 scenarios=$2 rounds=$3 code=0
    shift 3
    "$binary" probe run --adapter amanah --scenario "$scenarios" --rounds "$rounds" --twin-rounds "$rounds" \
        --delivery "$deliveries" --cell-seconds-max "${CELL_SECONDS_MAX:-20}" --out "$out/$name" \
        --commit "$(git rev-parse HEAD 2>/dev/null || echo unknown)" "$@" \
        >"$out/$name.txt" || code=$?
    grep -v '^clean' "$out/$name.txt" || true
    return "$code"
}

# The server's own facts, over everything that the prober has left.
verify() {
    "$binary" verify --database "$1" >"$out/verify.txt" || { cat "$out/verify.txt"; exit 1; }
    tail -1 "$out/verify.txt"
}

stop_all() {
    if [ -f "$folder/restarted" ]; then
        servers+=("$(cat "$folder/restarted")")
        rm -f "$folder/restarted"
    fi
    for server in "${servers[@]}"; do
        kill "$server" 2>/dev/null || true
        for _ in {1..200}; do
            kill -0 "$server" 2>/dev/null || break
            sleep 0.05
        done
    done
    servers=()
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# serve DATABASE: one more process; `address` is where it listens.
serve() {
    database=$1
    port=$(free_port)
    address=http://127.0.0.1:$port
    started "$database" "$port"
    servers+=($!)
    echo $! >"$folder/pid"
    # So that a kill -9 on purpose is not told as news.
    disown
    wait_for "$address" || { cat "$folder/log"; exit 3; }
}

started() {
    LD_PRELOAD=$shim "$binary" serve --database "$1" --listen "127.0.0.1:$2" --log-level warn \
        >>"$folder/log" 2>&1 &
}

wait_for() {
    for _ in {1..300}; do
        kill -0 "$(cat "$folder/pid")" 2>/dev/null || return 1
        is_ready "$1" && return
        sleep 0.1
    done
    return 1
}

is_ready() {
    python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1] + "/ready", timeout=1)' "$1" \
        2>/dev/null
}

# Kills the last process that was started and starts it again at the same place.
restart_command() {
    cat >"$folder/restart.sh" <<SHELL
kill -9 \$(cat $folder/restarted 2>/dev/null || cat $folder/pid) 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
    LD_PRELOAD="$shim" "$binary" serve --database "$database" --listen 127.0.0.1:$port --log-level warn \
        >>"$folder/log" 2>&1 &
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

# The servers that are started from now on read their clock from a file.
with_clock() {
    local libraries=(/usr/lib/*/faketime/libfaketimeMT.so.1)
    [ -e "${libraries[0]}" ] || { echo "libfaketime is missing: make tools"; exit 3; }
    shim=${libraries[0]}
    export FAKETIME_TIMESTAMP_FILE=$folder/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 TZ=UTC
    echo +0 >"$folder/clock"
    # Whole at once: it may be read at any moment.
    set_clock="echo \"@\$PROBE_TIME\" >$folder/clock.new && mv $folder/clock.new $folder/clock"
}

# As many hex digits as an id has.
id() { head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

# Of a firm and a role; valid in the years that the clock is set to.
token() { "$binary" token --user "$(id)" --firm "$1" --role "$2" --expires-in 36500d; }

slow_writes() {
    shim=$folder/slow.so
    cc -shared -fPIC -o "$shim" -xc - -ldl <<'C'
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
