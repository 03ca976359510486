# Sourced by the scripts next to it: builds, starts and stops what is measured, reads its meters.
#
# MANDOS_STATIC, MANDOS_APPLIANCE: the binaries to measure, if not those of this tree.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
programs=$here/.build/release
seconds_max=30
directory=
server_pid=
spinner_pids=()
niceness=0
missed=0

declare -A binaries=(
    [static]=${MANDOS_STATIC:-$top/build/static/mandos}
    [appliance]=${MANDOS_APPLIANCE:-$top/build/appliance/mandos}
)

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

clean_up() {
    stop_server
    stop_spinners
    [[ -z $directory ]] || rm -rf "$directory"
}

# Builds the programs, checks that the binaries are there, and says what they are measured on.
begin() {
    local name
    "${SWIFT:-swift}" build -c release --package-path "$here" --scratch-path "$here/.build" >&2 ||
        fail 'the programs could not be built'
    for name in static appliance; do
        [[ -x ${binaries[$name]} ]] || fail "${binaries[$name]} is missing: make all"
    done
    directory=$(mktemp -d /tmp/mandos-bench.XXXXXX)
    chmod 711 "$directory"  # started by root, the server becomes another user
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '%s: %s\n' "${0##*/}" "$1"
    printf '%s × %s; Linux %s; load %s\n\n' "$(nproc)" "$(processor)" "$(uname -r)" \
        "$(cut -d ' ' -f 1 /proc/loadavg)"
}

processor() { sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | sort -u | head -n 1; }

# make_fleet NAME COUNT: a configuration with that many clients, in $directory/NAME.
make_fleet() {
    mkdir -p "$directory/$1/state"
    "$programs/make-machines" "$directory/$1" "$2"
    if [[ $EUID -eq 0 ]] && getent passwd _mandos >/dev/null; then
        chown _mandos: "$directory/$1/state"
    fi
}

# accepts PORT: whether somebody listens there.
accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_port() {
    port=$((20000 + RANDOM % 12000))  # below those that the kernel gives away
    while accepts "$port"; do port=$((port + 1)); done
}

# server_command BINARY FLEET: sets `command`, which listens at $port.
server_command() {
    command=("${binaries[$1]}" --configdir "$directory/$2" --statedir "$directory/$2/state"
        --address 127.0.0.1 --port "$port" --no-ipv6 --foreground --no-dbus --no-zeroconf
        --no-restore)
}

# start_server BINARY FLEET [DESCRIPTORS]: sets `server_pid` and `port`, once it is ready.
start_server() {
    choose_port
    server_command "$1" "$2"
    start "${3:-1024}" "${command[@]}"
}

# start DESCRIPTORS COMMAND...
start() {
    local deadline=$((SECONDS + seconds_max))
    (ulimit -n "$1"; shift; exec nice -n "$niceness" "$@") >"$directory/log" 2>&1 </dev/null &
    server_pid=$!
    until accepts "$port"; do
        kill -0 "$server_pid" 2>/dev/null || fail "$2 ended: $(tail -n 3 "$directory/log")"
        ((SECONDS < deadline)) || fail "$2 does not listen after $seconds_max s"
        sleep 0.02
    done
}

stop_server() {
    [[ -n $server_pid ]] || return 0
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
    server_pid=
}

# Keeps all processors busy, so that a server started with a `niceness` gets but a part of one.
start_spinners() {
    local count=$(nproc)
    while ((${#spinner_pids[@]} < count)); do
        nice -n 10 bash -c 'while :; do :; done' &
        spinner_pids+=("$!")
    done
}

stop_spinners() {
    ((${#spinner_pids[@]})) || return 0
    kill "${spinner_pids[@]}" 2>/dev/null || true
    wait "${spinner_pids[@]}" 2>/dev/null || true
    spinner_pids=()
}

# field NAME "NAME value NAME value...": the value of one of them.
field() { awk -v name="$1" '{ for (i = 1; i < NF; i += 2) if ($i == name) print $(i + 1) }' <<<"$2"; }

# CPU time of the server so far, in nanoseconds: its one thread's.
server_cpu_ns() { cut -d ' ' -f 1 "/proc/$server_pid/schedstat"; }

# memory KEY [PID]: Rss, Anonymous and the like of a process, in KiB. Only root may look into a
# server that has hidden its memory; for others, /proc/PID/status is nearly as good.
memory() {
    local pid=${2:-$server_pid} key=$1 file
    file=/proc/$pid/smaps_rollup
    if ! head -c 1 "$file" >/dev/null 2>&1; then
        file=/proc/$pid/status
        case $key in
        Rss) key=VmRSS ;;
        Anonymous) key=RssAnon ;;
        esac
    fi
    awk -v key="$key:" '$1 == key { print $2 }' "$file"
}

# percentile PERCENT: of the numbers on standard input, one on a line.
percentile() {
    sort -n | awk -v percent="$1" '{ value[NR] = $1 } END {
        rank = int((NR * percent + 99) / 100); print value[rank < 1 ? 1 : rank] }'
}

# ratio A B: A / B with two decimals.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'; }
# scaled NANOSECONDS|BYTES DIVISOR DECIMALS
scaled() { awk -v a="$1" -v b="$2" -v d="$3" 'BEGIN { printf "%.*f\n", d, a / b }'; }

# goal VALUE MOST: how they compare; what is missed is counted.
goal() {
    if awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'; then
        verdict="≤ $2 met"
    else
        verdict="≤ $2 MISSED"
        missed=$((missed + 1))
    fi
}

end() {
    ((missed == 0)) || {
        printf '\n%s: %d missed\n' "${0##*/}" "$missed"
        exit 1
    }
}
