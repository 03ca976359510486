# The sandbox of mandos-server.service: every forbidden thing is tried, and what checkers need works.
#
# A directive is tried by root with all capabilities of the machine, in a unit that has the same
# sandbox otherwise, since to the unprivileged user most would be forbidden anyway. Beforehand the
# same is tried without a sandbox: what does not work there either shows nothing, and is skipped.
here=$(dirname "$0")
source "$here/expect.bash"

score() { systemd-analyze security --no-pager mandos-server.service | tail -n 1; }
echo "# $(score)"
expect 'its exposure is 2.0 or less' systemd-analyze security --threshold=20 mandos-server.service
expect 'systemd-analyze finds nothing wrong with the units' equal \
    "$(systemd-analyze verify --man=no mandos-server.service mandos.socket 2>&1)" ''

# ---- root in the sandbox -------------------------------------------------------------------------

mkdir -p /root/private /usr/lib/modules/probe /var/lib/other
echo secret >/root/private/file
echo outside >/tmp/outside
echo device >/dev/probe
cp /usr/bin/true /usr/local/bin/probe-true

# Title and shell command, which has to succeed outside and to fail inside.
python() { printf "python3 -c 'import ctypes, mmap, os, socket; libc = ctypes.CDLL(None); %s'" "$1"; }
call() { python "exit(libc.syscall($1) < 0)"; }
forbidden=(
    'ProtectSystem: /etc' 'touch /etc/probe'
    'ProtectSystem: /usr' 'touch /usr/probe'
    'ProtectSystem: /var' 'touch /var/lib/other/probe'
    'ProtectHome' 'cat /root/private/file'
    'PrivateTmp' 'cat /tmp/outside'
    'PrivateDevices: devices of the machine' 'cat /dev/probe'
    'DevicePolicy: a device made anew' 'd=/var/lib/mandos/d; rm -f $d; mknod $d c 1 11 && head -c0 $d'
    'ProcSubset' 'cat /proc/meminfo'
    'ProtectControlGroups' 'for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/p && rmdir $d/p && exit; done; false'
    'ProtectClock' "$(call '159, ctypes.create_string_buffer(208)')"
    'ProtectHostname' 'hostname "$(hostname)"'
    'ProtectKernelLogs' 'dmesg'
    'ProtectKernelModules' 'ls /usr/lib/modules/probe'
    'ProtectKernelTunables' 'echo 0 >/proc/sys/net/ipv4/ip_forward'
    'KeyringMode' "$(call '250, 10, -3, b"user", b"probe", 0')"
    'RestrictAddressFamilies: packets' "$(python 'socket.socket(socket.AF_PACKET, socket.SOCK_RAW)')"
    'RestrictAddressFamilies: others' "$(python 'exit(all(libc.socket(f, t, 0) < 0 for f in (*range(3, 10), *range(11, 16), *range(18, 46)) for t in (1, 2, 3, 5)))')"
    'RestrictNamespaces: network' 'unshare --net true'
    'RestrictNamespaces: mounts' 'unshare --mount true'
    'RestrictNamespaces: users' 'unshare --user true'
    'RestrictRealtime' 'chrt --fifo 1 true'
    'RestrictSUIDSGID' 'touch /var/lib/mandos/s && chmod u+s /var/lib/mandos/s'
    'LockPersonality' 'setarch i686 true'
    'MemoryDenyWriteExecute' "$(python 'mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)')"
    'SystemCallArchitectures' "$here/other-architecture"
    'SystemCallFilter: @privileged' 'chown 1:1 /var/lib/mandos/s'
    'SystemCallFilter: @resources' "$(python 'os.setpriority(0, 0, 5)')"
    'SystemCallFilter: @mount' 'mount --bind /usr /mnt && umount /mnt'
    'SystemCallFilter: @debug' "$(python 'exit(libc.ptrace(0, 0, 0, 0) < 0)')"
    'LimitCORE' 'ulimit -c unlimited'
)
allowed=(
    'write in the state directory' 'touch /var/lib/mandos/written'
    'write temporary files' 'touch /tmp/written'
    'read its configuration' 'cat /etc/mandos/clients.conf'
    'open network sockets' "$(python 'socket.socket(socket.AF_INET6); socket.socket()')"
    'follow addresses' "$(python 'socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)')"
    'keep what it writes to itself: UMask' \
        'umask; test "$(stat -c %a /var/lib/mandos/written)" = 600'
    'have 4096 descriptors: LimitNOFILE' 'test "$(ulimit -n)" = 4096'
)

# The unit, but for who it is, and for what is about a server.
in_sandbox() {
    local unit=/run/systemd/system/probe.service
    if [[ ! -e $unit ]]; then
        sed -E -e '/^(Type|ExecStart|Restart.*|WatchdogS.*|EnvironmentFile|KillMode|Timeout.*|User|Group)=/d' \
            -e '/^(CapabilityBoundingSet|AmbientCapabilities)=/d' \
            -e '/^\[Install\]/,$d' /usr/lib/systemd/system/mandos-server.service >$unit
        printf '[Service]\nType=oneshot\nExecStart=/bin/bash /run/probe\n' >>$unit
        systemctl daemon-reload
    fi
    printf '%s\n' "$1" >/run/probe
    systemctl start probe.service
}
outside() { printf '%s\n' "$1" >/run/probe; systemd-run --quiet --wait --pipe bash /run/probe; }

# A key of root that every process of root finds, unless its keyring is another.
python3 -c 'import ctypes; libc = ctypes.CDLL(None); libc.syscall(248, b"user", b"probe", b"x", 1, -4)'
expect 'the sandbox starts a program' in_sandbox true
for ((i = 0; i < ${#forbidden[@]}; i += 2)); do
    title="${forbidden[i]} forbids it" command=${forbidden[i + 1]}
    mkdir -p /var/lib/mandos
    if outside "$command" >/dev/null 2>&1; then
        expect "$title" refused in_sandbox "$command"
    else
        skip "$title" 'not possible on this machine at all'
    fi
done
for ((i = 0; i < ${#allowed[@]}; i += 2)); do
    expect "it may ${allowed[i]}" in_sandbox "${allowed[i + 1]}"
done

# ---- the unprivileged user in the unit itself ----------------------------------------------------

install -m 4755 /usr/bin/id /usr/local/bin/root-id
report=/var/lib/mandos/report
rm -rf /var/lib/mandos/*
cat >/usr/local/bin/checker <<'CHECKER'
#!/bin/bash
umask 022
{
    grep -E '^(NoNewPrivs|Seccomp|Cap...):' /proc/self/status
    echo "root-id: $(root-id -u)"
    echo "process 1: $(ls -d /proc/1 2>&1)"
    echo "clients.conf: $(cat /etc/mandos/clients.conf 2>&1)"
    echo "notify: ${NOTIFY_SOCKET-}${WATCHDOG_USEC-}${WATCHDOG_PID-}${LISTEN_FDS-}"
    ipcmk --shmem 4096
} >/var/lib/mandos/report.new 2>&1
mv /var/lib/mandos/report.new /var/lib/mandos/report
CHECKER
chmod 755 /usr/local/bin/checker
configure 'debuglevel = DEBUG' "[one]
key_id = $(printf %064x 1)
secret = AAAA
interval = PT1S
checker = checker"
expect 'a checker runs' within 20 test -s $report
reported() { grep -x -e "$1" $report || { cat $report; false; }; }
expect 'a checker gains nothing by programs: NoNewPrivileges' reported 'NoNewPrivs:.1'
expect 'a checker is filtered: SystemCallFilter' reported 'Seccomp:.2'
expect 'a checker has no capability but CAP_NET_RAW' reported 'CapPrm:.0000000000002000'
expect 'a checker can get no other: CapabilityBoundingSet' reported 'CapBnd:.0000000000002404'
expect 'a setuid program does not make it root' reported "root-id: $(id -u _mandos)"
expect 'though elsewhere it would' equal "$(setpriv --reuid _mandos --clear-groups root-id -u)" 0
expect 'a checker sees no process of others: ProtectProc' reported 'process 1: .*No such file.*'
expect 'a checker cannot read the clients' reported 'clients.conf: .*Permission denied'
expect 'a checker does not take the service manager for its own' reported 'notify: '
shared_memory() { ipcs --shmems | grep _mandos; }
expect 'shared memory of a checker is there' shared_memory
systemctl stop mandos-server.service
expect 'and gone with the service: RemoveIPC' refused shared_memory

# ---- checkers that people have -------------------------------------------------------------------

mkdir -p /run/dropbear
dropbearkey -t ed25519 -f /run/dropbear/key >/dev/null 2>&1
ip netns exec peer dropbear -r /run/dropbear/key -p 198.51.100.2:22 -P /run/dropbear/pid
fingerprint=$(dropbearkey -y -f /run/dropbear/key | grep ^ssh-ed25519 | cut -d' ' -f1,2)
configure 'debuglevel = INFO' "[DEFAULT]
interval = PT1S
host = 198.51.100.2
secret = AAAA
[ping]
key_id = $(printf %064x 1)
[ping6]
host = 2001:db8:77::2
key_id = $(printf %064x 2)
[scan]
key_id = $(printf %064x 3)
checker = ssh-keyscan -t ed25519 %%(host)s 2>/dev/null | grep --fixed-strings --line-regexp --quiet --regexp=%%(host)s\" %(ssh_fingerprint)s\"
ssh_fingerprint = $fingerprint
[nobody]
host = 198.51.100.77
key_id = $(printf %064x 4)"
for name in ping ping6 scan; do
    expect "a checker succeeds: $name" within 20 has_logged "client $name: checker succeeded"
done
expect 'a checker of nobody fails' within 20 has_logged 'client nobody: checker failed'

finish
