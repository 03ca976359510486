import Foundation
import Testing

extension SystemTests {
    @Suite(
        "Beside an avahi-daemon on the same host, the server", Requirement.mandosClient,
        Requirement.lab)
    struct AvahiDaemonTests {
        private static var setup: Lab.Setup {
            var setup = Lab.Setup()
            setup.daemons = ["server": "avahi,syslog", "client": "avahi"]
            return setup
        }

        /// A daemon that has lost its name to somebody says so, and takes another one.
        private static func expectUndisturbedDaemon(_ lab: Lab) throws {
            let syslog = try String(
                contentsOfFile: lab.directory + "/server.syslog", encoding: .utf8)
            #expect(!syslog.contains("conflict"), "\(syslog)")
            #expect(!syslog.contains("server-2"))
            #expect(
                try lab.on("client", "avahi-resolve -6 -n server.local").contains("server.local"))
        }

        @Test(
            "is announced by it while it runs, and by itself when it does not",
            arguments: Binary.built)
        func comesAndGoes(_ binary: Binary) throws {
            try Lab.run(Self.setup) { lab in
                try lab.startServer(binary)
                try lab.waitForEntry(";server.local;")
                try lab.expectPassword()
                try lab.on("server", "avahi-daemon --kill")
                try lab.waitForEntry(";server-mandos-[0-9a-f]*.local;")
                #expect(try lab.browse().count == 1)
                try lab.expectPassword()
                try lab.on("server", "avahi-daemon --daemonize --syslog")
                try lab.waitForEntry(";server.local;")
                #expect(try lab.browse().count == 1)
                try lab.expectPassword()
                try lab.stop()
                try lab.wait("client", "! avahi-browse -tp _mandos._tcp | grep .")
            }
        }

        @Test("leaves it in peace where D-Bus is off", arguments: Binary.built)
        func noBus(_ binary: Binary) throws {
            try Lab.run(Self.setup) { lab in
                try lab.startServer(
                    binary, settings: "zeroconf = avahi-daemon", "--no-dbus")
                try lab.waitForLog("mandos", "WARNING: Zeroconf: avahi-daemon needs D-Bus")
                try lab.waitForEntry(";server-mandos-[0-9a-f]*.local;")
                #expect(try lab.browse().count == 1)
                try lab.expectPassword()
                // The other way round: the daemon comes second, as at a boot.
                try lab.on("server", "avahi-daemon --kill")
                try lab.on("server", ": >\(lab.directory)/server.syslog")
                try lab.on("server", "avahi-daemon --daemonize --syslog")
                try lab.wait(
                    "lab", "grep 'Server startup complete' \(lab.directory)/server.syslog")
                try lab.expectPassword()
                #expect(try lab.browse().count == 1)
                try Self.expectUndisturbedDaemon(lab)
            }
        }

        @Test("is announced by nobody else, if mandos.conf says so", arguments: Binary.built)
        func daemonOnly(_ binary: Binary) throws {
            var setup = Self.setup
            setup.daemons["server"] = "dbus,syslog"
            try Lab.run(setup) { lab in
                try lab.startServer(binary, settings: "zeroconf = avahi-daemon")
                try lab.waitForLog("mandos", "ERROR: Zeroconf: not announced")
                try lab.on("server", "avahi-daemon --daemonize --syslog")
                try lab.waitForEntry(";server.local;")
                try lab.expectPassword()
            }
        }

        @Test(
            "takes another name if another server of this daemon has it, and follows the interface",
            arguments: Binary.built)
        func names(_ binary: Binary) throws {
            try Lab.run(Self.setup) { lab in
                try lab.startServer(binary, named: "first")
                try lab.waitForLog("first", "announced as “Mandos”")
                try lab.startServer(
                    binary, named: "second", settings: "zeroconf_txt =\n a=1\n b", "--interface",
                    "lan0")
                try lab.waitForLog("second", "WARNING: Zeroconf: there is no interface lan0")
                try lab.on("server", "rig add server usb0; ip link set usb0 name lan0 up")
                try lab.waitForLog("second", "announced as “Mandos #2”")
                try lab.waitForEntry("^=.*0352;")
                let entries = try lab.browse()
                #expect(entries.map(\.name) == ["Mandos", "Mandos #2"])
                let texts = try lab.query("Mandos #2._mandos._tcp.local", "TXT")
                #expect(texts == ["['a=1', 'b']"])
                #expect(try entries.map(\.port) == [lab.port(of: "first"), lab.port(of: "second")])
            }
        }
    }

    @Suite("Servers on one network", Requirement.mandosClient, Requirement.lab)
    struct ManyServersTests {
        @Test(
            "of the same name get names of their own, on one host and on several",
            arguments: Binary.built)
        func sameName(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.hosts = ["server", "client", "other"]
            setup.daemons = ["client": "avahi", "server": "syslog"]
            try Lab.run(setup) { lab in
                try lab.startServer(binary, named: "first", "--no-dbus")
                try lab.waitForLog("first", "announced as “Mandos”")
                try lab.startServer(binary, named: "second", "--no-dbus")
                try lab.waitForLog("second", "INFO: Zeroconf: the name “Mandos” is taken")
                try lab.waitForLog("second", "announced as “Mandos #2”")
                try lab.startServer(binary, named: "third", on: "other", "--no-dbus")
                try lab.waitForLog("third", "announced as “Mandos #3”")
                try lab.waitForEntry("^=.*0353;")
                let entries = try lab.browse()
                #expect(entries.map(\.name) == ["Mandos", "Mandos #2", "Mandos #3"])
                #expect(try entries.map(\.port) == ["first", "second", "third"].map(lab.port))
                let syslog = try lab.on("lab", "cat \(lab.directory)/server.syslog")
                #expect(syslog.contains(">Mandos (Mandos #2) ["))
                try lab.expectPassword()
            }
        }

        @Test(
            "may be of both kinds: this one, and the one that it replaces", arguments: Binary.built)
        func both(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.hosts = ["server", "client", "other"]
            setup.daemons = ["client": "avahi", "other": "avahi"]
            try Lab.run(setup) { lab in
                try lab.on("other", "mkdir /etc/empty && : >/etc/empty/clients.conf")
                try lab.start(
                    "reference", on: "other",
                    "exec /usr/sbin/mandos --debug --configdir /etc/empty --no-restore --no-dbus")
                try lab.waitForEntry(";other.local;")
                try lab.startServer(binary, "--no-dbus")
                try lab.waitForLog("mandos", "announced as “Mandos #2”")
                try lab.waitForEntry("0352;.*;server-mandos")
                let entries = try lab.browse()
                #expect(entries.map(\.name) == ["Mandos", "Mandos #2"])
                // Only one of them knows it.
                try lab.expectPassword()
            }
        }
    }

    @Suite("What keeps the server from being announced", Requirement.mandosClient, Requirement.lab)
    struct AnnouncementFailureTests {
        @Test(
            "is an error, tried again, and no reason not to serve", arguments: Binary.built)
        func failure(_ binary: Binary) throws {
            try Lab.run { lab in
                // The one thing without which avahi-core would abort the process: somebody else has
                // the netlink port that is the process id.
                let blocker = """
                    import os, signal, socket
                    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
                    s.bind((int(open("\(lab.directory)/starting").read()), 0))
                    open("\(lab.directory)/blocked", "w").close()
                    signal.pause()
                    """
                try blocker.write(
                    toFile: lab.directory + "/blocker.py", atomically: false, encoding: .utf8)
                let keys = try lab.configure("mandos", "port = 4711")
                try lab.start(
                    "mandos", on: "server",
                    """
                    echo $$ >\(lab.directory)/starting.new
                    mv \(lab.directory)/starting.new \(lab.directory)/starting
                    until [ -e \(lab.directory)/blocked ]; do sleep 0.02; done
                    exec \(binary.path) --debug --no-restore --no-dbus --configdir \(keys)
                    """)
                try lab.wait("lab", "test -e \(lab.directory)/starting")
                try lab.start(
                    "blocker", on: "server", "exec python3 \(lab.directory)/blocker.py")
                try lab.waitForLog("mandos", "ERROR: Zeroconf: bind: Address already in use")
                let password = try lab.on(
                    "client",
                    "\(lab.askForPassword()) --connect=$(rig addr server):4711 2>/dev/null")
                #expect(try password == Fixtures.machine.get().password)
                try lab.on("lab", "kill $(cat \(lab.directory)/blocker.pid)")
                try lab.waitForLog("mandos", "announced as “Mandos”")
                try lab.expectPassword()
                try lab.stop()
            }
        }
    }
}
