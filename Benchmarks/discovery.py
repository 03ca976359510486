#!/usr/bin/python3
"""discovery.py ROUNDS IDLE_SECONDS KEYS DIRECTORY NAME=BINARY...: measured inside Tests/rig/netns-rig,
by Benchmarks/discovery. Prints one line for each server: its name, and medians in milliseconds."""
import os, select, signal, statistics, subprocess, sys, time

rounds, idle_seconds, keys, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
binaries = dict(argument.split("=", 1) for argument in sys.argv[5:])
client_program = subprocess.run(
    "dpkg-query -L mandos-client | grep '/plugins[.]d/mandos-client$'", shell=True,
    capture_output=True, text=True, check=True).stdout.strip()
password = open(f"{keys}/password").read()
seconds_max = 30
settled_seconds = 6  # by then all announcements have been sent

LISTENER = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("::", 5353))
index = socket.if_nametoindex("eth0")
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
             socket.inet_pton(socket.AF_INET6, "ff02::fb") + struct.pack("@I", index))
print("listening", flush=True)
while True:
    packet = s.recv(9000)
    # A response with answers, one of which is about the service.
    if packet[2] & 0x80 and packet[6:8] != b"\\0\\0" and b"\\x07_mandos\\x04_tcp" in packet:
        print(repr(time.time()), flush=True)
        break
"""


def start(host, *command, **options):
    """The wrapper `rig on` stays in between; the program itself leads a group of its own."""
    return subprocess.Popen(["rig", "on", host, *command], start_new_session=True, **options)


def line(process, what):
    if not select.select([process.stdout], [], [], seconds_max)[0]:
        sys.exit(f"discovery: not within {seconds_max} s: {what}")
    return process.stdout.readline().strip()


def wait_until(what, condition):
    end = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"discovery: not within {seconds_max} s: {what}")
        time.sleep(0.02)


class Server:
    def __init__(self, command):
        self.pid_file = f"{directory}/pid"
        listener = start("client", "python3", "-c", LISTENER, stdout=subprocess.PIPE, text=True)
        line(listener, "a socket for mDNS")
        self.log = open(f"{directory}/server.log", "w")
        self.process = start(
            "server", "bash", "-c",
            f"echo $$ $(date +%s.%N) >{self.pid_file}.new; mv {self.pid_file}.new {self.pid_file}; "
            f"exec {command}", stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        announced = float(line(listener, f"announced by {command}"))
        listener.wait()
        self.pid, started = open(self.pid_file).read().split()
        self.announced_ms = (announced - float(started)) * 1000

    def stop(self):
        """Time until somebody who looks on sees that it is gone."""
        browser = start("client", "stdbuf", "-oL", "avahi-browse", "-p", "_mandos._tcp",
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line(browser, "seen by avahi-browse")
        began = time.monotonic()
        os.kill(int(self.pid), signal.SIGTERM)
        while not line(browser, "gone").startswith("-"):
            pass
        gone_ms = (time.monotonic() - began) * 1000
        os.killpg(browser.pid, signal.SIGTERM)
        browser.wait()
        self.process.wait(seconds_max)
        os.unlink(self.pid_file)
        return gone_ms

    def fetch(self):
        began = time.monotonic()
        done = subprocess.run(
            ["rig", "on", "client", client_program, "--interface=eth0",
             f"--pubkey={keys}/pubkey.txt", f"--seckey={keys}/seckey.txt",
             f"--tls-pubkey={keys}/tls-pubkey.pem", f"--tls-privkey={keys}/tls-privkey.pem"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=seconds_max)
        if done.stdout != password:
            sys.exit("discovery: mandos-client did not get the password")
        return (time.monotonic() - began) * 1000

    def switches(self):
        status = dict(row.split(":", 1) for row in open(f"/proc/{self.pid}/status"))
        return int(status["voluntary_ctxt_switches"])

    def resident(self):
        rollup = [row.split() for row in open(f"/proc/{self.pid}/smaps_rollup")]
        values = {row[0]: row[1] for row in rollup if len(row) > 1}
        return values["Rss:"], values["Anonymous:"]


def measure(name, command):
    announced, fetched, gone = [], [], []
    for _ in range(rounds):
        server = Server(command)
        announced.append(server.announced_ms)
        # What was just announced is not told again for a second (RFC 6762, section 6).
        time.sleep(settled_seconds)
        fetched.append(server.fetch())
        gone.append(server.stop())
    server = Server(command)
    time.sleep(settled_seconds)
    before = server.switches()
    time.sleep(idle_seconds)
    wakeups = server.switches() - before
    rss, anonymous = server.resident()
    server.stop()
    medians = [round(statistics.median(values)) for values in (announced, fetched, gone)]
    print(name, *medians, wakeups, rss, anonymous, flush=True)


configuration = f"{directory}/configuration"
options = f"--foreground --configdir {configuration} --statedir {directory}/state --no-restore"
for name, binary in binaries.items():
    measure(f"{name}-embedded", f"{binary} {options} --no-dbus")

subprocess.run(["rig", "on", "server", "avahi-daemon", "--daemonize"], check=True)
wait_until("avahi-daemon", lambda: subprocess.run(
    ["rig", "on", "server", "avahi-browse", "-at"], capture_output=True).returncode == 0)
for name, binary in binaries.items():
    measure(f"{name}-daemon", f"{binary} {options}")
measure("reference", f"/usr/sbin/mandos {options} --no-dbus")
