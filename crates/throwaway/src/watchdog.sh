# Ends every process that works inside the folder $1, and removes the folder, once standard input closes:
# the test process holds the other end of that pipe, so it closes however that process ends. No list of
# process ids is kept, because one could be killed between starting a process and noting it.
trap '' INT HUP
while read -r _; do :; done

inside() {
    find /proc/[0-9]*/cwd -maxdepth 0 \( -lname "$1" -o -lname "$1/*" \) 2>/dev/null | cut -d/ -f3
}
send() {
    kill -s "$1" $pids 2>/dev/null
}

# QUIT is PostgreSQL's immediate shutdown. A stopped process hears it only when it goes on.
for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    pids=$(inside "$1")
    [ -z "$pids" ] && break
    [ "$tenth" = 1 ] && send QUIT
    [ "$tenth" -ge 20 ] && send KILL
    send CONT
    sleep 0.1
done

# After a crash the cluster's shared memory outlives it; its id is the last word of the seventh line.
segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid" 2>/dev/null)
[ -n "$segment" ] && ipcrm -m "$segment" 2>/dev/null
rm -rf "$1"
