# Sourced, after common.bash, by the scripts that measure one thing and say whether it is good enough.

missed=0

# announce TITLE: what is measured, and on what.
announce() {
    printf '%s: %s\n' "${0##*/}" "$1"
    printf '%s × %s; Linux %s; load %s\n\n' "$(nproc)" \
        "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" "$(uname -r)" \
        "$(cut -d ' ' -f 1 /proc/loadavg)"
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
