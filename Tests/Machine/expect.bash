# Sourced by the tests in this folder: each of them runs as root in a machine of its own, made by
# tools/check-system, and prints a line for each thing that it found to be so, or not.

set -uo pipefail

# expect TITLE COMMAND...: the command has to succeed.
expect() {
    local title=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf 'ok - %s\n' "$title"
    else
        printf 'not ok - %s\n' "$title"
        printf '#   %s\n' "$*" "${output//$'\n'/$'\n'#   }"
    fi
}

skip() { printf 'skipped - %s: %s\n' "$1" "$2"; }

# The last line of each test, without which it has not come to its end.
finish() { echo '# end'; }

# within SECONDS COMMAND...: succeeds as soon as the command does.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $end ]] || { echo "not in time: $*"; "$@"; return 1; }
        sleep 0.05
    done
}

equal() { [[ $1 == "$2" ]] || { printf 'found “%s”, expected “%s”\n' "$1" "$2"; return 1; }; }
contains() { [[ $1 == *"$2"* ]] || { printf 'no “%s” in “%s”\n' "$2" "$1"; return 1; }; }
refused() { ! "$@"; }

property() { systemctl show --value --property="$1" "${2:-mandos-server.service}"; }
main_process() { property MainPID; }
journal() { journalctl --no-pager --boot --unit=mandos-server.service "$@"; }
has_logged() { journal --output=cat | grep -F -- "$1"; }

# The last line is what the first process of the unit has to say, see proc(5).
status_of() { sed -n "s/^$2:\s*//p" "/proc/$1/status"; }

# configure SETTINGS CLIENTS: two texts, and a server that uses them.
configure() {
    printf '[DEFAULT]\n%s\n' "$1" >/etc/mandos/mandos.conf
    printf '%s\n' "$2" >/etc/mandos/clients.conf
    chmod 600 /etc/mandos/clients.conf
    systemctl restart mandos-server.service
}

drop_in() {
    mkdir -p /run/systemd/system/mandos-server.service.d
    printf '[Service]\n%s\n' "$2" >"/run/systemd/system/mandos-server.service.d/$1.conf"
    systemctl daemon-reload
}

# fetch OPTION...: what the real client, on the other host, gets from the server.
fetch() {
    ip netns exec peer timeout $fetch_time /usr/lib/*/mandos/plugins.d/mandos-client --interface=eth0 \
        --pubkey="$keys/pubkey.txt" --seckey="$keys/seckey.txt" \
        --tls-pubkey="$keys/tls-pubkey.pem" --tls-privkey="$keys/tls-privkey.pem" "$@"
}
fetch_time=30
keys=$here/keys
stanza() { cat "$keys/stanza"; }
password='correct horse battery staple'
