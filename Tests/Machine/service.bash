# The server under systemd: what it tells, and what it survives.
here=$(dirname "$0")
source "$here/expect.bash"

port=4711
configure "port = $port
debuglevel = DEBUG" "$(stanza)"

# ---- what one sees of it -------------------------------------------------------------------------

expect 'it is active once it listens' equal "$(property ActiveState)" active
expect 'its status says where it listens, and counts clients' \
    contains "$(systemctl status mandos-server.service)" \
    "Status: \"listening on [::]:$port; clients: 1, enabled: 1; secrets sent: 0\""

# Each of our lines has the level in its text, and the journal's own number for it.
priorities() {
    journal --output=json | python3 -c '
import json, re, sys
numbers = {"CRITICAL": "2", "ERROR": "3", "WARNING": "4", "INFO": "6", "DEBUG": "7"}
seen = set()
for line in sys.stdin:
    entry = json.loads(line)
    found = re.match(r"Mandos \[\d+\]: ([A-Z]+): ", str(entry["MESSAGE"]))
    if not found: continue
    if entry["PRIORITY"] != numbers[found[1]]: sys.exit(str(entry))
    seen.add(found[1])
print(seen)
sys.exit(not {"INFO", "DEBUG"} <= seen)'
}
expect 'the journal has its lines with their priorities' priorities
expect 'and finds the worse ones by priority' refused grep -e INFO: -e DEBUG: \
    <(journal --priority=warning --output=cat)

process=$(main_process)
user=$(id -u _mandos)
expect 'it is the unprivileged user' \
    equal "$(status_of "$process" Uid | tr '\t' ' ')" "$user $user $user $user"
expect 'it has no capability in effect' equal "$(status_of "$process" CapEff)" 0000000000000000
expect 'and only CAP_NET_RAW to hand to its checkers' \
    equal "$(status_of "$process" CapPrm)" 0000000000002000
expect 'its reader, which could read everything, is gone' refused pgrep -P "$process"
expect 'it does not warn of being another user than root' \
    refused has_logged 'not started by root'

# ---- the real client on another host -------------------------------------------------------------

expect 'the real client gets its password over the network' \
    equal "$(fetch --connect=198.51.100.1:$port)" "$password"
contains_status() { contains "$(property StatusText)" "$1"; }
expect 'and that is in the status' within 5 contains_status 'secrets sent: 1'

expect 'the real client finds the server by itself' equal "$(fetch)" "$password"

# ---- tools on the bus ----------------------------------------------------------------------------

client_name=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$keys/stanza")
listed() { mandos-ctl | grep -q "^$client_name  *$1 "; }
expect "Debian's mandos-ctl lists the client" listed Yes
expect 'and disables it' mandos-ctl --disable "$client_name"
expect 'which is in the status' within 5 contains_status 'enabled: 0'
fetch_time=5  # the client would try again for ever
expect 'and has it refused from then on' refused fetch --connect=198.51.100.1:$port
expect 'which is in the log' has_logged "client $client_name: is disabled; nothing is sent"
fetch_time=30

# ---- what it survives ----------------------------------------------------------------------------

running_anew() {
    local process
    process=$(main_process)
    [[ $process != 0 && $process != "$1" && $(property ActiveState) == active ]]
}

old=$(main_process)
kill -KILL "$old"
expect 'killed, it is started again' within 10 running_anew "$old"
expect 'a client that was disabled stays disabled' within 5 listed No
expect 'until it is enabled' mandos-ctl --enable "$client_name"

drop_in watchdog WatchdogSec=1
systemctl restart mandos-server.service
old=$(main_process)
kill -STOP "$old"
expect 'hung, it is started again by the watchdog' within 15 running_anew "$old"
expect 'because of the watchdog' contains "$(journal --output=cat)" 'Watchdog timeout'
old=$(main_process)
sleep 2.5  # more than twice the time of the watchdog: nothing else can be waited for
expect 'a loop that turns is left alone' equal "$(main_process)" "$old"
rm -r /run/systemd/system/mandos-server.service.d
systemctl daemon-reload
systemctl restart mandos-server.service

old=$(main_process)
systemctl restart dbus.service avahi-daemon.service
expect 'a restarted bus has it again' within 20 listed Yes
expect 'it outlives bus and avahi-daemon' equal "$(main_process)" "$old"
announced() { avahi-browse -rpt _mandos._tcp | grep "^=.*;$port;"; }
expect 'a restarted avahi-daemon announces it again' within 30 announced
expect 'a client is served after that' equal "$(fetch --connect=198.51.100.1:$port)" "$password"

# ---- a thousand clients --------------------------------------------------------------------------

thousand() {
    printf '[DEFAULT]\ninterval = PT1S\nchecker = exec sleep 3600\n'
    for number in $(seq 1000); do
        printf '[client%d]\nkey_id = %064x\nsecret = AAAA\n' "$number" "$number"
    done
}
configure "port = $port
max_checkers = 600" "$(thousand)"
checkers() { [[ $(pgrep -c -u _mandos -x sleep) -ge 600 ]]; }
expect 'it checks a thousand clients' within 30 checkers
expect 'and says so' contains "$(property StatusText)" 'clients: 1000, enabled: 1000'
before=$(date +%s%N)
systemctl stop mandos-server.service
took=$((($(date +%s%N) - before) / 1000000))
echo "# stopped after $took ms"
expect 'it stops within a second' [ "$took" -lt 1000 ]
expect 'and its checkers with it' refused pgrep -u _mandos
expect 'in good order' equal "$(property Result) $(property ExecMainStatus)" 'success 0'

finish
