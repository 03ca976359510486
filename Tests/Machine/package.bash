# The Debian package takes the place of the reference server, which runs on this system.
here=$(dirname "$0")
source "$here/expect.bash"
export DEBIAN_FRONTEND=noninteractive

printf '[DEFAULT]\nport = 4711\ndebuglevel = INFO\n' >/etc/mandos/mandos.conf
{
    stanza
    printf '[stolen]\nkey_id = %064x\nfingerprint = %040x\nsecret = AAAA\n' 1 1
} >/etc/mandos/clients.conf
chmod 600 /etc/mandos/clients.conf
echo 'DAEMON_ARGS="--no-ipv6"' >/etc/default/mandos
before=$(sha256sum /etc/mandos/*.conf /etc/default/mandos; stat -c '%n %a' /etc/mandos/*.conf)
systemctl restart mandos.service
served() { equal "$(fetch --connect=198.51.100.1:4711)" "$password"; }
expect 'the reference server serves' within 20 served
expect 'and has disabled a machine' mandos-ctl --disable stolen

install_quietly() {
    apt-get install --yes --no-install-recommends "$here"/mandos-server_*.deb </dev/null
}
expect 'the package is installed in place of it, and asks nothing' install_quietly
expect 'whose package is not there any more' equal \
    "$(dpkg-query -W -f '${db:Status-Status}' mandos)" config-files
expect 'but its tools are' mandos-ctl
expect 'the configuration is as it was' equal "$before" \
    "$(sha256sum /etc/mandos/*.conf /etc/default/mandos; stat -c '%n %a' /etc/mandos/*.conf)"
shows() { contains "$(property StatusText)" "$1"; }
expect 'the server runs at once' within 20 shows 'listening on 0.0.0.0:4711; clients: 2'
expect 'and will after the next boot' equal "$(systemctl is-enabled mandos-server.service)" enabled
expect 'who was disabled stays disabled' shows 'enabled: 1;'
expect 'the real client gets its password' served
expect 'what it installed is what the package says' equal "$(dpkg --verify mandos-server)" ''
expect 'its alias is the old name' equal "$(systemctl show --value --property=Id mandos.service)" \
    mandos-server.service
expect 'the old package is purged' apt-get purge --yes mandos
expect 'which does not disable the server' equal \
    "$(systemctl is-enabled mandos-server.service)" enabled
expect 'nor does it take the configuration away' equal "$before" \
    "$(sha256sum /etc/mandos/*.conf /etc/default/mandos; stat -c '%n %a' /etc/mandos/*.conf)"
expect 'nor the tools' mandos-ctl
expect 'it is removed without a trace of the program' apt-get remove --yes mandos-server
expect 'the server is gone' refused command -v mandos
expect 'the configuration is not' test -s /etc/mandos/clients.conf
finish
