# A system that has nothing but systemd and the libraries of the server.
here=$(dirname "$0")
source "$here/expect.bash"

expect 'sysusers.d makes the user' getent passwd _mandos
expect 'who cannot log in' contains "$(getent passwd _mandos)" nologin
expect 'tmpfiles.d makes the state directory for that user alone' \
    equal "$(stat -c '%U:%G %a' /var/lib/mandos)" '_mandos:_mandos 700'
for program in python3 dbus-daemon avahi-daemon mandos-client; do
    expect "there is no $program" refused command -v $program
done
configure 'port = 4711
use_dbus = no
zeroconf = no' "$(stanza)"
expect 'the server runs' equal "$(property ActiveState)" active
fetch_here() {
    ip netns exec peer "$here/mandos-test-peer" --connect 198.51.100.1:4711 \
        --key "$keys/tls-privkey.pem"
}
expect 'a machine is served' fetch_here
contains_status() { contains "$(property StatusText)" "$1"; }
expect 'its whole secret' within 5 contains_status 'secrets sent: 1'

# As on a machine that offers neither, but whose configuration says nothing about it.
configure 'port = 4711' "$(stanza)"
expect 'without a bus it is ready, too' equal "$(property ActiveState)" active
expect 'and serves' fetch_here
finish
