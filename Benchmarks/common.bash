# Sourced by the scripts next to it: builds, starts and stops what is measured, reads its meters.
#
# MANDOS_STATIC, MANDOS_APPLIANCE: the binaries to measure, if not those of this tree.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
programs=$here/.build/release
bench=$programs/mandos-bench
seconds_max=300
directory=
wrapper=()  # a program that starts servers, with its arguments
declare -A pids=() ports=()

declare -A names=([floor]=floor-server [appliance]=Embedded)  # as readers know them
declare -A binaries=(
    [static]=${MANDOS_STATIC:-$top/build/static/mandos}
    [appliance]=${MANDOS_APPLIANCE:-$top/build/appliance/mandos}
    [reference]=/usr/sbin/mandos
)

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

clean_up() {
    stop_all
    [[ -z $directory ]] || rm -rf "$directory"
}

# Builds the programs, and checks that the binaries are there.
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
    # Dynamic like the server, and stripped like it, but not linked by SwiftPM: see Package.swift.
    "${CC:-cc}" -Os -s -Wall -Wextra -Werror -o "$directory/floor-server" "$here/floor-server.c" \
        -Wl,--no-as-needed -lgnutls -lsqlite3 -lsystemd -lavahi-core -lavahi-common || fail 'floor-server could not be built'
}

# fleet NAME COUNT [LINE]...: a configuration with that many clients, in $directory/NAME, that are
# checked when the server starts and then no more; or as the lines for all clients say.
fleet() {
    local line settings=()
    [[ -d $directory/$1 ]] && return
    (($# > 2)) || set -- "$@" 'checker = :' 'interval = P20D' 'timeout = P40D'
    for line in "${@:3}"; do settings+=(--set "$line"); done
    mkdir -p "$directory/$1"
    if (($2 > 0)); then "$bench" keys "$directory/$1" "$2" "${settings[@]}"; fi
    touch "$directory/$1/clients.conf"
}

# state_of SUBJECT FLEET: sets `state` to a folder of its own, for two servers cannot share one.
state_of() {
    state=$directory/$2/state-$1
    [[ ! -d $state ]] || return 0
    mkdir "$state"
    if [[ $EUID -eq 0 ]] && getent passwd _mandos >/dev/null; then chown _mandos: "$state"; fi
}

# accepts PORT: whether somebody listens there.
accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Sets `port` to one that is free.
choose_port() {
    port=$((20000 + RANDOM % 12000))  # below those that the kernel gives away
    while accepts "$port"; do port=$((port + 1)); done
}

# command_of SUBJECT FLEET: sets `command`, which listens at $port.
command_of() {
    local state
    case $1 in
    floor) command=("$directory/floor-server" "$port") ;;
    tang) command=(systemd-socket-activate -l "127.0.0.1:$port" -a --inetd
                   /usr/libexec/tangd "$directory/tang") ;;
    *) state_of "$1" "$2"
       command=("${binaries[$1]}" --configdir "$directory/$2" --statedir "$state"
                --address 127.0.0.1 --port "$port" --no-ipv6 --foreground --no-dbus --no-zeroconf
                --no-restore) ;;
    esac
}

# start SUBJECT FLEET [DESCRIPTORS]: sets pids[SUBJECT] and ports[SUBJECT], once it is ready.
start() {
    local port
    [[ $1 != reference ]] || start_bus
    choose_port
    command_of "$1" "$2"
    launch "$1" "${3:-16384}"
}

# launch SUBJECT DESCRIPTORS: starts `command`, which listens at $port, under that name.
launch() {
    local deadline=$((SECONDS + seconds_max))
    (ulimit -n "$2"; exec "${wrapper[@]}" "${command[@]}") >"$directory/$1.log" 2>&1 </dev/null &
    pids[$1]=$!
    ports[$1]=$port
    until accepts "$port"; do
        kill -0 "${pids[$1]}" 2>/dev/null || fail "$1 ended: $(tail -n 3 "$directory/$1.log")"
        ((SECONDS < deadline)) || fail "$1 does not listen after $seconds_max s"
        sleep 0.02
    done
}

# The same, and waits until it has done what it does after its start, such as checks.
start_at_rest() {
    start "$@"
    settle "$1"
}

# The reference server ends if there is no system bus, also with --no-dbus. It is given an empty one.
start_bus() {
    export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$directory/bus
    [[ -z ${pids[bus]:-} ]] || return 0
    cat >"$directory/bus.conf" <<END
<busconfig><listen>$DBUS_SYSTEM_BUS_ADDRESS</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
END
    dbus-daemon --config-file="$directory/bus.conf" --nofork --nopidfile >/dev/null 2>&1 &
    pids[bus]=$!
    until [[ -S $directory/bus ]]; do sleep 0.02; done
}

# The reference server waits for its children, which wait for peers: it is given ten seconds.
stop() {
    [[ -n ${pids[$1]:-} ]] || return 0
    local tries children
    kill "${pids[$1]}" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "${pids[$1]}" 2>/dev/null || break
        sleep 0.1
    done
    children=$(pgrep -P "${pids[$1]}") || true
    [[ -z $children ]] || kill -KILL $children 2>/dev/null || true
    kill -KILL "${pids[$1]}" 2>/dev/null || true
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]" "ports[$1]"
}

stop_all() {
    local name
    for name in "${!pids[@]}"; do stop "$name"; done
}

# CPU time that a server has used, in nanoseconds: its one thread's.
own_cpu_ns() { cut -d ' ' -f 1 "/proc/${pids[$1]}/schedstat"; }

# The same with that of the children that have ended, which is counted in ticks.
tree_cpu_ns() {
    local tick=$((1000000000 / $(getconf CLK_TCK)))
    sed 's/.*) //' "/proc/${pids[$1]}/stat" |
        awk -v own="$(own_cpu_ns "$1")" -v tick="$tick" '{ printf "%.0f\n", own + ($14 + $15) * tick }'
}

# settle SUBJECT: waits until it uses next to no CPU time.
settle() {
    local before after deadline=$((SECONDS + seconds_max))
    while ((SECONDS < deadline)); do
        before=$(tree_cpu_ns "$1")
        sleep 0.5
        after=$(tree_cpu_ns "$1")
        ((after - before > 10000000)) || return 0
    done
    say "$1 does not come to rest"
}

# resident SUBJECT: KiB of it in memory.
resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/${pids[$1]}/status"; }

# sleeps SUBJECT: how often it has gone to sleep so far.
sleeps() { awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/${pids[$1]}/status"; }

# load SUBJECT FLEET OPTION...: what `mandos-bench load --json` prints; nobody being served is no
# failure here, but a wrong secret is.
load() {
    local report
    report=$("$bench" load --port "${ports[$1]}" --pid "${pids[$1]}" --label "${names[$1]:-$1}" --json \
        "$directory/$2" "${@:3}") || true
    [[ $(jq .wrong <<<"$report") == 0 ]] || fail "$1 has sent a wrong secret: $report"
    printf '%s\n' "$report"
}

# field NAME "NAME value NAME value...": the value of one of them.
field() { awk -v name="$1" '{ for (i = 1; i < NF; i += 2) if ($i == name) print $(i + 1) }' <<<"$2"; }

# calculate EXPRESSION: of awk.
calculate() { awk "BEGIN { printf \"%.6g\\n\", $1 }"; }
