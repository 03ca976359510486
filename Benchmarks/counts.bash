# Sourced by compare: what can be counted, and so is the same on every machine.

few=20
many=120

# Calls are counted in two runs that differ by $many - $few secrets and nothing else.
measure_counts() {
    local subject
    fleet of1 1
    for subject in floor "${ours[@]}"; do
        count_calls "$subject"
        count_allocations "$subject"
    done
}

# run_wrapped SUBJECT SECRETS WRAPPER...: the server ends afterwards.
run_wrapped() {
    wrapper=("${@:3}")
    start_at_rest "$1" of1
    wrapper=()
    load "$1" of1 --peers "honest=$2" --concurrency 1 >/dev/null
    stop "$1"
}

# With -D the server is still the process that was started, and strace ends after it.
count_calls() {
    local count file
    for count in $few $many; do
        file=$directory/calls.$count
        run_wrapped "$1" "$count" strace -D -f -c -o "$file"
        until [[ -s $file ]]; do sleep 0.05; done
    done
    awk -v subject="$1" -v secrets=$((many - few)) '
        $1 ~ /^[0-9.]+$/ && $NF != "total" { calls[$NF] += (FILENAME ~ /\.'$many'$/ ? 1 : -1) * $4 }
        END { for (name in calls) {
                  each = calls[name] / secrets
                  if (each >= 0.05) printf "call %s\t%s\t%.1f\n", name, subject, each
                  sum += calls[name] }
              printf "calls\t%s\t%.1f\n", subject, sum / secrets }' \
        "$directory/calls.$few" "$directory/calls.$many" >>"$kept/$part.new"
}

# The counter is a number of eight bytes that changes while the server runs.
count_allocations() {
    local file=$directory/allocations before
    "${CC:-cc}" -O2 -shared -fPIC -o "$directory/count.so" "$here/count-allocations.c"
    wrapper=(env "LD_PRELOAD=$directory/count.so" "ALLOCATIONS=$file")
    start_at_rest "$1" of1
    wrapper=()
    load "$1" of1 --peers "honest=$few" --concurrency 1 >/dev/null
    before=$(od -A n -t d8 "$file")
    load "$1" of1 --peers "honest=$many" --concurrency 1 >/dev/null
    record allocations "$1" "$(calculate "($(od -A n -t d8 "$file") - $before) / $many")"
    stop "$1"
}
