# Sourced by compare: RESULTS.md and the charts, from what has been measured.

missed=0

# median WHAT SUBJECT: nothing if it was not measured.
median() { summary "$@" | cut -f 2; }

# summary WHAT SUBJECT: count, median, least and greatest of the measurements.
summary() {
    cat "${parts[@]/#/$kept/}" | awk -F '\t' -v what="$1" -v subject="$2" \
        '$1 == what && $2 == subject { print $3 }' | sort -g |
        awk '{ value[NR] = $1 } END { if (NR) printf "%d\t%s\t%s\t%s\n", NR,
              (NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2),
              value[1], value[NR] }'
}

# cell WHAT SUBJECT DECIMALS: "median (least–greatest)", or "–".
cell() {
    local count middle least greatest
    IFS=$'\t' read -r count middle least greatest < <(summary "$1" "$2") || { printf '–'; return; }
    printf '%.*f' "$3" "$middle"
    ((count == 1)) || printf ' (%.*f–%.*f)' "$3" "$least" "$3" "$greatest"
}

# table DECIMALS SUBJECTS ROW...: a row is "label|what"; the header has been printed.
table() {
    local row subject
    for row in "${@:3}"; do
        printf '| %s |' "${row%%|*}"
        for subject in $2; do printf ' %s |' "$(cell "${row#*|}" "$subject" "$1")"; done
        printf '\n'
    done
}

# head COLUMN...: the header of a table.
head_row() {
    printf '| %s ' "$@"
    printf '|\n|---'
    printf '|--:%.0s' "${@:2}"
    printf '|\n'
}

# ratio WHAT SUBJECT WHAT SUBJECT: of the medians, if there are both.
ratio() {
    local above below
    above=$(median "$1" "$2") below=$(median "$3" "$4")
    [[ -z $above || -z $below ]] || calculate "$above / $below"
}

# budget LABEL REFERENCE MOST UNIT STATIC APPLIANCE: one row, with a verdict for each build. MOST
# may be two numbers, one for each.
budget() {
    local most=($3) found=("$5" "$6") cells=() index limit
    for index in 0 1; do
        limit=${most[index]:-${most[0]}}
        if awk -v a="${found[index]}" -v b="$limit" 'BEGIN { exit !(a <= b) }'; then
            cells+=("$(printf '%.4g' "${found[index]}")")
        else
            cells+=("**$(printf '%.4g' "${found[index]}")**")
            missed=$((missed + 1))
        fi
    done
    printf '| %s | %s | ≤ %s%s | %s | %s |\n' "$1" "$2" "${most[0]}${most[1]:+; ≤ ${most[1]}}" \
        "${4:+ $4}" "${cells[@]}"
}

# rounded FORMAT NUMBER: "–" without a number.
rounded() { if [[ -n ${2:-} ]]; then printf "$1" "$2"; else printf '–'; fi; }

# each FUNCTION ARGUMENT...: its results for both builds, in two words.
each() { printf '%s %s' "$("$1" static "${@:2}")" "$("$1" appliance "${@:2}")"; }

cost_ratio() { ratio "cost $2 at $3" "$1" "cost $2 at $3" floor; }
per_client_bytes() {
    calculate "($(median 'resident 10000' "$1") - $(median 'resident 1' "$1")) * 1024 / 9999"
}
above_floor_mib() { calculate "($(median 'resident 1' "$1") - $(median 'resident 1' floor)) / 1024"; }

budgets() {
    local clients unserved
    head_row 'What' 'reference' budget static Embedded
    for clients in 1 1000 10000; do
        budget "CPU per secret, clients: $clients, one at a time, × floor-server" \
            "$(rounded '%.0f' "$(ratio "cost $clients at 1" reference "cost $clients at 1" floor)")" \
            1.25 '' $(each cost_ratio "$clients" 1)
        budget "the same, 100 at a time" – 1.25 '' $(each cost_ratio "$clients" 100)
    done
    budget '1000 boots at once: machines without a secret' \
        "$(calculate "1000 - $(median 'storm served' reference)")" 0 '' \
        $(each unserved_of)
    budget '1000 boots at once: time until all are served, × floor-server' – 1.5 '' \
        $(each storm_ratio)
    budget 'memory at rest, 1 client, more than floor-server' \
        "$(printf '%.1f' "$(above_floor_mib reference)")" '4 1' MiB $(each above_floor_mib)
    budget 'memory of each further client, with a secret of 300 bytes' \
        "$(printf '%.0f' "$(per_client_bytes reference)")" 1324 bytes $(each per_client_bytes)
    budget 'start to listening, 10 000 clients' \
        "$(rounded '%.0f' "$(median 'start 10000' reference)")" 150 ms $(each of 'start 10000')
    budget 'a connection that has said nothing' \
        "$(rounded '%.0f' "$(median 'KiB silent' reference)")" 1 KiB $(each of 'KiB silent')
    budget 'a connection that waits in the handshake' \
        "$(rounded '%.0f' "$(median 'KiB waiting' reference)")" 13 KiB $(each of 'KiB waiting')
    budget 'the same with half of a message' \
        "$(rounded '%.0f' "$(median 'KiB halfway' reference)")" 46 KiB $(each of 'KiB halfway')
    budget 'memory after a storm of 5000, more than before' – 2 MiB \
        $(each of 'storm of 5000, MiB more')
    for clients in 1 1000; do
        budget "CPU per shell check, clients: $clients, × spawn-floor" \
            "$(rounded '%.0f' "$(ratio "checks of $clients clients" reference "checks of $clients clients" floor)")" \
            1.3 '' $(each check_ratio "$clients")
    done
    budget 'CPU per native check' – 40 µs $(each of 'native check')
    budget 'native checks of 10 000 clients, once in two minutes each, of a core' – 1 % \
        $(each native_share)
    budget 'wake-ups a minute, no clients' – 0 '' $(each of 'wake-ups 0')
    budget 'wake-ups a minute, 10 000 clients, nothing due' – 0 '' $(each of 'wake-ups 10000')
}

of() { median "$2" "$1"; }
unserved_of() { calculate "1000 - $(median 'storm served' "$1")"; }
storm_ratio() { ratio 'storm seconds' "$1" 'storm seconds' floor; }
native_share() { calculate "$(median 'native check' "$1") * 10000 / 120 / 1e6 * 100"; }
check_ratio() { ratio "checks of $2 clients" "$1" "checks of $2 clients" floor; }

machine() {
    printf '%s × %s, %s of memory; Linux %s; ' "$(nproc)" \
        "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(awk '$1 == "MemTotal:" { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)" "$(uname -r)"
    printf 'load %s when this was written, %s.\n' "$(cut -d ' ' -f 1 /proc/loadavg)" \
        "$(date -u +%Y-%m-%d)"
}

version() { dpkg-query -W -f '${Version}' "$1"; }

calls() {
    local -A reasons=(
        [accept4]='takes the connection; when no other one waits, once more to find that out'
        [epoll_ctl]='watches the descriptor, and forgets it before it is closed'
        [read]='the line; the messages of the machine; its goodbye. One more if a line is not there yet'
        [recvfrom]='the same, in floor-server'
        [sendto]='the first message; then the last one, the secret and the goodbye together'
        [epoll_wait]='one sleep each until the connection, the messages and the goodbye; fewer when several machines are ready'
        [close]='ends the connection')
    local name subject
    head_row 'Call' floor-server static Embedded 'what for'
    sed -n 's/^call \([a-z0-9_]*\)\t.*/\1/p' "$kept/counts" | sort -u | while read -r name; do
        printf '| `%s` |' "$name"
        for subject in floor "${ours[@]}"; do printf ' %s |' "$(cell "call $name" "$subject" 1)"; done
        printf ' %s |\n' "${reasons[$name]:-not expected: please look}"
    done
    for name in calls allocations; do
        printf '| %s |' "$([[ $name == calls ]] && echo 'all calls' || echo 'allocations (malloc)')"
        for subject in floor "${ours[@]}"; do printf ' %s |' "$(cell "$name" "$subject" 1)"; done
        printf ' |\n'
    done
}

charts() {
    local name
    mkdir -p "$here/charts"
    "$bench" plot latency "$kept"/storm-*.json -o "$here/charts/latency.svg" \
        --title '1000 machines boot at once: how long they wait for their secrets'
    "$bench" plot memory "$kept"/crowd-*-silent-*.json -o "$here/charts/memory.svg" \
        --title 'Memory of the server, by peers that connect and say nothing'
    "$bench" plot throughput "$kept"/rate-*-100.json -o "$here/charts/throughput.svg"
}

write_results() {
    charts
    report >"$here/RESULTS.md"
    say "$here/RESULTS.md: $missed missed"
    ((missed == 0))
}

report() {
    cat <<END
# Results

Written by \`Benchmarks/compare\`; [README.md](README.md) says what is compared with what.

$(machine)
mandos of this tree at $tree; Debian's mandos $(version mandos),
tang $(version tang-common), GnuTLS $(version libgnutls30), glibc $(version libc6);
$("${SWIFT:-swift}" --version 2>/dev/null | head -n 1).

All figures are medians, with the least and the greatest in brackets where there are several. The
subjects are measured by turns, so that they see the same machine; ratios mean more than times.
*static* and *Embedded* are the two builds of this server, *reference* is Debian's server without
D-Bus and Zeroconf, and *tang* is started for each request by \`systemd-socket-activate\`, as systemd
does. *floor-server* is a C program that does nothing but the handshake and the secret.

## Budgets

What is missed is in bold. State is saved meanwhile, and the D-Bus service is off; \`Benchmarks/bus\`
measures that.

END
    budgets
    cat <<END

## CPU time for each secret, in microseconds

Of the server with its children, at one machine after the other and at 100 at a time. tls-floor is its
end of the handshake in memory, without sockets: $(cell 'cost 1' memory 0).

$(head_row 'Clients' floor-server static Embedded reference tang)
$(table 0 'floor static appliance reference tang' '1, one at a time|cost 1 at 1' \
        '1, 100 at a time|cost 1 at 100' '1000, one at a time|cost 1000 at 1' \
        '1000, 100 at a time|cost 1000 at 100' '10 000, one at a time|cost 10000 at 1' \
        '10 000, 100 at a time|cost 10000 at 100')

![Secrets a second, by clients](charts/throughput.svg)

## A power cut: 1000 machines at once

The reference server is given 60 seconds, and its machines ask again after ten, as the real client
does.

$(head_row '' floor-server static Embedded reference tang)
$(table 0 'floor static appliance reference tang' 'served|storm served')
$(table 2 'floor static appliance reference tang' 'seconds until the last|storm seconds')
$(table 0 'floor static appliance reference tang' 'secrets a second|storm rate')
$(table 2 'floor static appliance reference tang' '99 % wait, seconds|storm p99')
$(table 0 'floor static appliance reference tang' 'µs of CPU for each|storm cpu')
$(table 1 'floor static appliance reference tang' 'memory at most, MiB|storm MiB')

![How long machines wait](charts/latency.svg)

## Memory

$(head_row '' floor-server static Embedded reference)
$(table 0 'floor static appliance reference' 'at rest, 1 client, KiB|resident 1' \
        'at rest, 10 000 clients, KiB|resident 10000')
$(table 2 'floor static appliance reference' 'each silent connection, KiB|KiB silent' \
        'each that waits for an answer, KiB|KiB waiting' \
        'each with half of a message, KiB|KiB halfway')
$(table 1 'floor static appliance reference' 'storm of 5000, MiB at most|storm of 5000, MiB at most' \
        'after it, MiB more than before|storm of 5000, MiB more')

![Memory by connections](charts/memory.svg)

## Start

Milliseconds from exec to the first connection.

$(head_row 'Clients' floor-server static Embedded reference)
$(table 1 'floor static appliance reference' '1|start 1' '10 000|start 10000')

## Checks

Microseconds of CPU time of the server itself for each run of a shell command; that of the reference
server includes the process that it starts for each, and the shell. spawn-floor is a C program that
starts the same command at the same pace: with one client once a second, with 1000 200 times.

$(head_row 'Clients' spawn-floor static Embedded reference)
$(table 0 'floor static appliance reference' '1|checks of 1 clients' '1000|checks of 1000 clients')

A native check of 127.0.0.1, the answer of the kernel included, with 1000 clients, 200 times a second:

$(head_row '' static Embedded)
$(table 1 'static appliance' 'µs of CPU|native check' 'checks a second|native checks a second')

## System calls and allocations for each secret

Counted over $((many - few)) secrets, one machine after the other, each of which answers in one packet. \`make
check\` holds both counts, also for machines whose messages arrive one by one.

END
    calls
    printf "\n"
    cat "$here/explanations.md"
    [[ ! -e $here/hostile.md ]] || { printf '\n'; cat "$here/hostile.md"; }
}
