import Foundation
import Testing

extension SystemTests {
    @Suite("A machine that knows nothing but its keys", Requirement.mandosClient, Requirement.lab)
    struct DiscoveryTests {
        @Test(
            "finds the server with link-local addresses only, also after the cable was out",
            arguments: Binary.built)
        func linkLocal(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.daemons["client"] = "avahi"
            setup.options = ["--no-global"]
            try Lab.run(setup) { lab in
                try lab.startServer(binary, "--no-dbus")
                try lab.waitForEntry()
                let entries = try lab.browse()
                #expect(entries.count == 1)
                let entry = try #require(entries.first)
                #expect(entry.name == "Mandos" && entry.protocolName == "IPv6")
                #expect(try entry.port == lab.port())
                #expect(entry.host.hasPrefix("server-mandos-") && entry.texts == "")
                #expect(entry.address.hasPrefix("fe80::"))
                try lab.expectPassword()

                try lab.on("server", "rig unplug server")
                try lab.start("boot", on: "client", "exec \(lab.askForPassword())")
                try lab.waitForLog("mandos", "Interface eth0.IPv6 no longer relevant")
                try lab.on("server", "rig plug server")
                try lab.wait("client", seconds: 60, "test -s \(lab.directory)/boot.status")
                #expect(try lab.log("boot").hasSuffix(Fixtures.machine.get().password))
            }
        }

        @Test(
            "does not see a server that was asked to stop, and its listing has none any more",
            arguments: Binary.built)
        func withdrawn(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.daemons["client"] = "avahi"
            try Lab.run(setup) { lab in
                try lab.startServer(binary, "--no-dbus")
                // Its cache would keep the service for more than an hour.
                try lab.start("browser", on: "client", "exec avahi-browse -p _mandos._tcp")
                try lab.waitForLog("browser", "+;eth0;IPv6;Mandos")
                try lab.stop()
                try lab.waitForLog("browser", "-;eth0;IPv6;Mandos", by: Deadline(.seconds(10)))
                #expect(try lab.browse() == [])
            }
        }

        /// Whoever hears that forgets the service within a second (RFC 6762, section 10.1), and nothing
        /// is sent by a process that has ended: so nobody sees it two seconds after the signal.
        @Test(
            "is told by the server itself that it is gone, as its last words",
            arguments: Binary.built)
        func goodbye(_ binary: Binary) throws {
            try Lab.run { lab in
                try lab.start(
                    "listener", on: "client", "exec \(Lab.rig)mdns-query eth0 --listen")
                try lab.waitForLog("listener", "listening")
                try lab.startServer(binary, "--no-dbus")
                try lab.waitForLog("listener", "4500 Mandos._mandos._tcp.local")
                try lab.stop()
                let goodbye = "0 Mandos._mandos._tcp.local"
                try lab.wait("lab", "grep -qx '\(goodbye)' \(lab.directory)/listener.log")
                let said = lab.log("listener").split(separator: "\n").filter {
                    $0.hasSuffix(" Mandos._mandos._tcp.local")
                }
                #expect(said.last == goodbye[...] && said.count { $0 == goodbye } == 1, "\(said)")
            }
        }

        @Test("finds the server in spite of 20 % of loss", arguments: Binary.built)
        func loss(_ binary: Binary) throws {
            try Lab.run { lab in
                try lab.on("server", "rig loss client 20")
                try lab.startServer(binary, "--no-dbus")
                try lab.expectPassword()
            }
        }

        @Test(
            "finds the server on an interface that was not there at its start, nor all the time",
            arguments: Binary.built)
        func lateNetwork(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.options = ["--no-global"]
            try Lab.run(setup) { lab in
                try lab.on("server", "ip link set eth0 down; ip link set lo down")
                try lab.startServer(binary, "--no-dbus", "--interface", "lan0")
                try lab.waitForLog("mandos", "ERROR: cannot bind to interface lan0")
                try lab.waitForLog("mandos", "announced as")
                try lab.on("server", "rig add server lan0; ip link set lan0 up")
                try lab.expectPassword()
                try lab.on("server", "rig remove server lan0")
                try lab.waitForLog("mandos", "Interface lan0.IPv6 no longer relevant")
                try lab.on("server", "rig add server usb0; ip link set usb0 name lan0 up")
                try lab.expectPassword()
            }
        }

        @Test("finds the server by IPv4, if it is to use nothing else", arguments: Binary.built)
        func ipv4(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.daemons["client"] = "avahi"
            try Lab.run(setup) { lab in
                try lab.startServer(binary, "--no-dbus", "--no-ipv6")
                try lab.waitForEntry()
                let entries = try lab.browse()
                #expect(entries.map(\.protocolName) == ["IPv4"])
                #expect(entries.first?.address == "198.51.100.1")
                try lab.expectPassword()
            }
        }

        @Test(
            "is told what mandos.conf says: name, texts, interface, and the address listened on",
            arguments: Binary.built)
        func settings(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.daemons["client"] = "avahi"
            try Lab.run(setup) { lab in
                try lab.on("server", "rig add server eth1; ip link set eth1 up")
                try lab.on("server", "ip -6 addr add 2001:db8:78::1/64 dev eth1 nodad")
                let settings = """
                    servicename = Ålborg
                    zeroconf = embedded
                    address = 2001:db8:77::1
                    interface = eth0
                    port = 4711
                    zeroconf_txt =
                        site=oslo
                        rack=1 2
                    """
                try lab.startServer(binary, settings: settings)
                try lab.waitForEntry()
                let entries = try lab.browse()
                #expect(entries.count == 1)
                #expect(entries.first?.name == "\\195\\133lborg" && entries.first?.port == 4711)
                #expect(!lab.log("mandos").contains("relevant interface eth1"))
                let texts = try lab.query("Ålborg._mandos._tcp.local", "TXT")
                #expect(texts == ["['site=oslo', 'rack=1 2']"])
                let host = try #require(entries.first?.host)
                #expect(try lab.query(host, "AAAA") == ["2001:db8:77::1"])
                try lab.expectPassword()
            }
        }

        @Test("is told the addresses that the server has now", arguments: Binary.built)
        func addresses(_ binary: Binary) throws {
            try Lab.run { lab in
                try lab.startServer(binary, "--no-dbus")
                try lab.wait(
                    "client", "\(Lab.rig)mdns-query eth0 Mandos._mandos._tcp.local SRV | grep .")
                let service = try lab.query("Mandos._mandos._tcp.local", "SRV")
                let host = try #require(service.first?.split(separator: " ").last.map(String.init))
                let linkLocal = try lab.on("server", "rig addr server")
                try lab.waitForAddresses(of: host, ["2001:db8:77::1", linkLocal])
                try lab.on("server", "ip -6 addr del 2001:db8:77::1/64 dev eth0")
                try lab.on("server", "ip -6 addr add 2001:db8:77::9/64 dev eth0 nodad")
                try lab.waitForAddresses(of: host, ["2001:db8:77::9", linkLocal])
            }
        }
    }
}

extension Lab {
    fileprivate func waitForAddresses(of host: String, _ wanted: [String]) throws {
        let list = wanted.sorted().joined(separator: " ")
        try wait(
            "client", "[ \"$(\(Lab.rig)mdns-query eth0 \(host) AAAA | xargs)\" = '\(list)' ]")
    }
}
