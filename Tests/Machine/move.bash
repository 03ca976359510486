# From Debian's server to this one and back, by the package and by “make install”, with a reboot
# between any two steps: who was disabled or removed is never trusted again, and nobody is lost.
#
# Status 194 has the machine boot again, and this script go on where it was: at the step after the one
# in $progress. The commands of “make install” are those of the README, word for word.
here=$(dirname "$0")
source "$here/expect.bash"
export DEBIAN_FRONTEND=noninteractive
exec </dev/null
progress=/var/lib/move-step
step=$(cat $progress 2>/dev/null || echo 0)

printf 'APT::Get::Assume-Yes "true";\n' >/etc/apt/apt.conf.d/90yes
sudo() { "$@"; }
# The nth line of commands that the README gives under that heading.
readme_line() {
    awk -v heading="$1" -v wanted="$2" '
        /^#/ { inside = index($0, heading) }
        inside && /^    / { if (++count == wanted) { sub(/^    /, ""); print } }' /source/README.md
}
# run_readme HEADING N: in the source tree, where the program is built already.
run_readme() { (cd /source && eval "$(readme_line "$1" "$2")"); }

served() { equal "$(fetch_time=10 fetch --connect=198.51.100.1:4711)" "$password"; }
nobody_listens() { equal "$(ss -Hltn 'sport = 4711')" ''; }
unit_of() { systemctl show --value --property=Id mandos.service; }
enabled_of() { mandos-ctl | awk -v name="$1" '$1 == name { print $2 }'; }
machine_is_enabled() { equal "$(enabled_of machine)" Yes; }
# Who is trusted, under either server.
trust_is_kept() {
    equal "$(enabled_of machine) $(enabled_of stolen) $(enabled_of gone)" 'Yes No '
}
monitor_shows() {
    TERM=xterm timeout 20 python3 -c '
import fcntl, os, pty, struct, sys, termios
process, terminal = pty.fork()
if process == 0: os.execvp("mandos-monitor", ["mandos-monitor"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
shown = b""
while sys.argv[1].encode() not in shown: shown += os.read(terminal, 4096)
' "$1"
}
tools_work() { mandos-ctl >/dev/null && monitor_shows machine; }
files_are_kept() { equal "$(sha256sum /etc/mandos/clients.conf /etc/mandos/mandos.conf \
    /etc/default/mandos; stat -c '%n %a %u' /etc/mandos /etc/mandos/*.conf /var/lib/mandos)" \
    "$(cat /var/lib/move-files)"; }

expect_theirs() {
    expect "$1: Debian's server serves" within 20 served
    expect "$1: it is Debian's" equal "$(unit_of)" mandos.service
    expect "$1: nobody is lost" within 10 machine_is_enabled
}
expect_theirs_anew() {
    expect_theirs "$1"
    [[ $1 == after* ]] || expect "$1: nobody is trusted again" within 10 trust_is_kept
}
expect_ours() {
    expect "$1: this server serves" within 20 served
    expect "$1: it is this one" equal "$(unit_of)" mandos-server.service
    expect "$1: it is not root" refused pgrep -u root -x mandos
    expect "$1: nobody is trusted again, nobody is lost" within 10 trust_is_kept
    expect "$1: mandos-ctl and mandos-monitor work" tools_work
    expect "$1: the configuration is as it was" files_are_kept
}
expect_none() { expect "$1: no server runs, and nobody is served" nobody_listens; }

their_configuration() {
    printf '[DEFAULT]\nport = 4711\n' >/etc/mandos/mandos.conf
    {
        stanza
        printf '[stolen]\nkey_id = %064x\nfingerprint = %040x\nsecret = AAAA\n' 1 1
        printf '[gone]\nkey_id = %064x\nfingerprint = %040x\nsecret = AAAA\n' 2 2
        printf '[DEFAULT]\ntimeout = P1D\nextended_timeout = P1D\nchecker = true\n'
    } >/etc/mandos/clients.conf
    chmod 600 /etc/mandos/clients.conf
    chmod 700 /etc/mandos
    echo 'DAEMON_ARGS="--no-ipv6"' >/etc/default/mandos
    (sha256sum /etc/mandos/clients.conf /etc/mandos/mandos.conf /etc/default/mandos
        stat -c '%n %a %u' /etc/mandos /etc/mandos/*.conf /var/lib/mandos) >/var/lib/move-files
    systemctl restart mandos.service
}
# Done right before a move: Debian's server removes its saved state when it starts, and does not always
# save it again when the machine is shut down.
distrust() {
    within 20 served && mandos-ctl --disable stolen &&
        { [[ -z $(enabled_of gone) ]] || mandos-ctl --remove gone; }
}
move_by_package() { distrust && install_ours; }
remove_theirs() { distrust && run_readme "$to" 2; }
install_ours() { apt-get install -y "$here"/mandos-server_*.deb; }

to='Move over by hand' back='Go back to it'
steps=(their_configuration)
checks=(expect_theirs)
# With the package.
steps+=(move_by_package 'apt-get purge mandos' 'apt-get autoremove' "run_readme '$back' 2"
    'apt-get purge mandos-server' move_by_package "run_readme '$back' 2")
checks+=(expect_ours expect_ours expect_ours expect_theirs_anew expect_theirs expect_ours
    expect_theirs_anew)
# By hand: apt remove, make install, import, enable. Then back, and there again.
steps+=(remove_theirs "run_readme '$to' 3" "run_readme '$to' 4" "run_readme '$to' 5"
    'apt-get purge mandos' 'apt-get autoremove' "run_readme '$back' 1" "run_readme '$back' 2")
checks+=(expect_none expect_none expect_none expect_ours expect_ours expect_ours expect_none
    expect_theirs_anew)

if ((step > 0)); then
    "${checks[step - 1]}" "after a reboot, $step. ${steps[step - 1]}"
fi
if ((step == ${#steps[@]})); then
    finish
    exit
fi
((step > 0)) || { echo "deb [trusted=yes] file:$here/archive ./" >/etc/apt/sources.list
    rm -f /etc/apt/sources.list.d/*
    apt-get update >/dev/null; }
expect "$((step + 1)). ${steps[step]}" eval "${steps[step]}"
"${checks[step]}" "$((step + 1)). ${steps[step]}"
echo $((step + 1)) >$progress
exit 194
