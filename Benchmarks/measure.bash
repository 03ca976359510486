# Sourced by compare: one function for each part that is measured. They `record` what they find.

ours=(static appliance)

# warm_up SUBJECT FLEET COUNT: what is allocated or read once, is.
warm_up() { load "$1" "$2" --peers "honest=$3" --concurrency 10 >/dev/null; }

# record_cost SUBJECT CLIENTS COUNT CONCURRENCY
record_cost() {
    local file=$kept/rate-$1-$2-$4.json
    load "$1" "of$2" --peers "honest=$3" --concurrency "$4" --seconds 120 >"$file"
    record "cost $2 at $4" "$1" "$(jq .server.cpu_microseconds_per_secret "$file")"
}

# What a secret costs the server, in microseconds of CPU time, with 1 to 10 000 clients.
measure_cost() {
    local clients subject round at_a_time
    for clients in 1 1000 10000; do
        fleet "of$clients" "$clients"
        for subject in floor "${ours[@]}"; do
            start_at_rest "$subject" "of$clients"
            warm_up "$subject" "of$clients" 200
        done
        for ((round = 0; round < rounds; round++)); do
            record "cost $clients" memory "$(tls_floor)"
            for at_a_time in 1 100; do
                for subject in floor "${ours[@]}"; do
                    record_cost "$subject" "$clients" 300 "$at_a_time"
                done
            done
        done
        stop_all
        measure_reference_cost "$clients"
    done
    measure_tang_cost
}

tls_floor() { calculate "$(field median_ns "$("$programs/tls-floor" 300)") / 1000"; }

# One after the other, and few: with 10 000 clients each takes seconds. As its start takes minutes then,
# what else is to be known of it is measured here, too.
measure_reference_cost() {
    local round count=$(($1 == 1 ? 20 : $1 == 1000 ? 4 : 2)) begun
    start_bus
    begun=$(date +%s%N)
    start reference "of$1"
    record "start $1" reference "$((($(date +%s%N) - begun) / 1000000))"
    settle reference
    record "resident $1" reference "$(resident reference)"
    warm_up reference "of$1" 1
    for ((round = 0; round < 3; round++)); do
        record_cost reference "$1" "$count" 1
    done
    record_cost reference "$1" $((2 * count)) 100
    stop reference
}

# Its keys, and one request to recover a key, with the answer to it: that is what a machine with
# Clevis asks for when it boots.
make_tang() {
    local key body
    [[ -d $directory/tang ]] && return
    mkdir "$directory/tang"
    /usr/libexec/tangd-keygen "$directory/tang" sig exc
    key=$(jose jwk thp -i "$directory/tang/exc.jwk")
    body=$(jose jwk gen -i '{"alg":"ECMR","crv":"P-521"}' | jose jwk pub -i-)
    printf 'POST /rec/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jwk+json\r\n' "$key" \
        >"$directory/request"
    printf 'Content-Length: %d\r\n\r\n%s' "${#body}" "$body" >>"$directory/request"
    /usr/libexec/tangd "$directory/tang" <"$directory/request" >"$directory/answer" 2>/dev/null
}

# tang_load COUNT CONCURRENCY
tang_load() {
    load tang of1 --peers "exchange=$1" --concurrency "$2" --request "$directory/request" \
        --answer "$directory/answer"
}

measure_tang_cost() {
    local round at_a_time
    make_tang
    start_at_rest tang of1
    for ((round = 0; round < 3; round++)); do
        for at_a_time in 1 100; do
            record "cost 1 at $at_a_time" tang \
                "$(tang_load 100 "$at_a_time" | jq .server.cpu_microseconds_per_secret)"
        done
    done
    stop tang
}

# A power cut: 1000 machines, which the server knows, boot at the same time.
measure_storm() {
    local subject round
    fleet of1000 1000
    for subject in floor "${ours[@]}"; do start_at_rest "$subject" of1000; done
    for ((round = 0; round < rounds; round++)); do
        record storm memory "$(tls_floor)"
        for subject in floor "${ours[@]}"; do
            load "$subject" of1000 --peers honest=1000 >"$kept/storm-$subject.json"
            record_storm "$subject"
        done
    done
    stop_all
    start_at_rest reference of1000
    # As the real client does, which asks again after ten seconds.
    load reference of1000 --peers honest=1000 --retry 10 --seconds 60 >"$kept/storm-reference.json"
    record_storm reference
    stop reference
    make_tang
    fleet of1 1
    start_at_rest tang of1
    tang_load 1000 1000 >"$kept/storm-tang.json"
    record_storm tang
    stop tang
}

record_storm() {
    local file=$kept/storm-$1.json
    record 'storm served' "$1" "$(jq .served "$file")"
    record 'storm seconds' "$1" "$(jq 'if .unserved == 0 then .served / .secrets_per_second
                                       else .seconds end' "$file")"
    record 'storm p99' "$1" "$(jq '.latency.p99 / 1e6' "$file")"
    record 'storm rate' "$1" "$(jq .secrets_per_second "$file")"
    record 'storm cpu' "$1" "$(jq '.server.cpu_microseconds_per_secret // 0' "$file")"
    record 'storm MiB' "$1" "$(jq '.server.resident_bytes_max / 1048576' "$file")"
}

# Memory at rest with 1 and 10 000 clients, for each kind of connection, and after a storm.
measure_memory() {
    local subject clients
    fleet of1 1
    fleet of10000 10000
    for subject in floor "${ours[@]}"; do
        for clients in 1 10000; do
            [[ $subject != floor || $clients == 1 ]] || continue
            start_at_rest "$subject" "of$clients"
            record "resident $clients" "$subject" "$(resident "$subject")"
            [[ $clients == 1 ]] || measure_storm_memory "$subject"
            stop "$subject"
        done
    done
    for subject in floor "${ours[@]}" reference; do measure_connections "$subject"; done
}

# crowd SUBJECT KIND COUNT: KiB for each connection of that kind. What the server has allocated
# before, it need not allocate for them: it has served some.
crowd() {
    local report
    start_at_rest "$1" of1
    warm_up "$1" of1 50
    report=$(load "$1" of1 --peers "$2=$3" --hold "$([[ $1 == reference ]] && echo 15 || echo 3)")
    printf '%s\n' "$report" >"$kept/crowd-$1-$2-$3.json"
    record "KiB $2" "$1" "$(jq '(.server.resident_bytes_max - .server.before.resident_bytes)
        / 1024 / ([.samples[].connections] | max)' <<<"$report")"
    stop "$1"
}

measure_connections() {
    local kind count counts=(100 300 900)
    [[ $1 != reference ]] || counts=(10 20 40)
    for count in "${counts[@]}"; do crowd "$1" silent "$count"; done
    for kind in waiting halfway; do crowd "$1" "$kind" "${counts[1]}"; done
}

measure_storm_memory() {
    local report
    warm_up "$1" of10000 200
    # More than a server of 1024 descriptors takes at the same time: some may have to ask again.
    report=$(load "$1" of10000 --peers honest=5000 --retry 10)
    record 'storm of 5000, MiB more' "$1" "$(jq '(.server.after.resident_bytes
        - .server.before.resident_bytes) / 1048576' <<<"$report")"
    record 'storm of 5000, MiB at most' "$1" "$(jq '.server.resident_bytes_max / 1048576' <<<"$report")"
    record 'storm of 5000, served' "$1" "$(jq .served <<<"$report")"
}

# From exec until the port answers, in milliseconds.
measure_start() {
    local clients subject port result
    for clients in 1 10000; do
        fleet "of$clients" "$clients"
        for subject in floor "${ours[@]}"; do
            [[ $subject != floor || $clients == 1 ]] || continue
            choose_port
            command_of "$subject" "of$clients"
            result=$("$programs/start-time" "$((clients == 1 ? 30 : 10))" "$port" "${command[@]}")
            record "start $clients" "$subject" "$(calculate "$(field median_us "$result") / 1000")"
        done
    done
}

# What a check costs the server itself, in microseconds; command and pace are the same for all.
measure_checks() {
    local round clients subject file=$directory/checks
    install -m 666 /dev/null "$file"
    local shell_command="echo >>$file"
    local -A pause=([1]=1000 [1000]=5)  # milliseconds from one check to the next
    fleet checks1 1 "checker = $shell_command" 'interval = PT1S'
    fleet checks1000 1000 "checker = $shell_command" 'interval = PT5S'
    for ((round = 0; round < 3; round++)); do
        for clients in 1 1000; do
            record "checks of $clients clients" floor "$(calculate "$(field own_ns \
                "$("$programs/spawn-floor" $((8000 / pause[$clients])) "$shell_command" \
                    "${pause[$clients]}")") / 1000")"
            for subject in "${ours[@]}"; do record_checks "$subject" "$clients" "$file" 8; done
        done
    done
    for clients in 1 1000; do record_checks reference "$clients" "$file" 20; done
}

# record_checks SUBJECT CLIENTS FILE SECONDS
record_checks() {
    local subject=$1 own count
    start "$subject" "checks$2"
    sleep 2
    count=$(stat -c %s "$3")
    own=$(server_only_ns "$subject")
    sleep "$4"
    own=$(($(server_only_ns "$subject") - own))
    count=$(($(stat -c %s "$3") - count))
    # The reference server starts none at all while it is overwhelmed.
    ((count == 0)) || record "checks of $2 clients" "$subject" "$(calculate "$own / 1000 / $count")"
    stop "$subject"
}

# What a native check of this machine costs, 200 times a second. The kernel counts the echo requests.
measure_pings() {
    local round subject own count
    fleet pings1000 1000 'checker = builtin:ping' 'interval = PT5S'
    sed -i 's/^host = .*/host = 127.0.0.1/' "$directory/pings1000/clients.conf"
    for ((round = 0; round < 3; round++)); do
        for subject in "${ours[@]}"; do
            start "$subject" pings1000
            sleep 6  # until each has been checked once
            count=$(echo_requests)
            own=$(own_cpu_ns "$subject")
            sleep 5
            own=$(($(own_cpu_ns "$subject") - own))
            count=$(($(echo_requests) - count))
            ((count > 0)) || fail "$subject sends no echo requests"
            record 'native check' "$subject" "$(calculate "$own / 1000 / $count")"
            record 'native checks a second' "$subject" "$(calculate "$count / 5")"
            stop "$subject"
        done
    done
}

# Those that this machine has received, of IPv4.
echo_requests() {
    awk '$1 == "Icmp:" { if (names) print $names
        else for (i = 2; i <= NF; i++) if ($i == "InEchos") names = i }' /proc/net/snmp
}

# The reference server starts a process of its own for each check, which counts as the server.
server_only_ns() { if [[ $1 == reference ]]; then tree_cpu_ns "$1"; else own_cpu_ns "$1"; fi; }

# How often the server wakes up in a minute in which there is nothing to do.
measure_wakeups() {
    local clients subject
    local -A before=()
    for clients in 0 10000; do
        fleet "of$clients" "$clients"
        for subject in "${ours[@]}"; do start_at_rest "$subject" "of$clients"; done
        # Deadlines of the connection by which it was found ready are over by then.
        sleep 35
        for subject in "${ours[@]}"; do before[$subject]=$(sleeps "$subject"); done
        sleep 60
        for subject in "${ours[@]}"; do
            record "wake-ups $clients" "$subject" \
                "$(($(sleeps "$subject") - before[$subject]))"
        done
        stop_all
    done
}
