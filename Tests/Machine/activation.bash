# mandos.socket: the service manager opens the socket, and the server takes it by its name.
here=$(dirname "$0")
source "$here/expect.bash"

systemctl stop mandos-server.service
systemctl --quiet enable --now mandos.socket
configure 'port = 4711
address = ::1' "$(stanza)"
expect 'the server serves on the socket, whatever mandos.conf says' \
    contains "$(property StatusText)" 'listening on [::]:1001'
expect 'and opens no other' equal "$(ss -Hltn 'sport = 4711')" ''
expect 'the real client gets its password there' \
    equal "$(fetch --connect=198.51.100.1:1001)" "$password"

announced() { avahi-browse -rpt _mandos._tcp | grep '^=.*;1001;'; }
expect 'the port of the socket is announced' within 20 announced

systemctl stop mandos-server.service
expect 'the socket outlives the server' equal "$(property ActiveState mandos.socket)" active
expect 'who connects starts the server, and is served' \
    equal "$(fetch --connect=198.51.100.1:1001)" "$password"

mkdir -p /run/systemd/system/mandos.socket.d
printf '[Socket]\nFileDescriptorName=other\n' >/run/systemd/system/mandos.socket.d/name.conf
systemctl daemon-reload
systemctl stop mandos-server.service mandos.socket
systemctl start mandos.socket mandos-server.service
expect 'a socket of another name is not taken' within 5 has_logged \
    'WARNING: the service manager passes a socket “other”, which is not used'
expect 'but the one of mandos.conf' contains "$(property StatusText)" 'listening on [::1]:4711'

finish
