import Foundation
import Testing

extension SystemTests {
    @Suite("D-Bus that is not always there", Requirement.bus)
    struct BusLifeTests {
        private func setup(_ binary: Binary, _ bus: SystemBus) throws -> Server.Setup {
            var setup = Server.Setup(binary)
            setup.clients = "[alpha]\nfingerprint =\nsecret =\nchecker = true\n"
            setup.busAddress = bus.address
            return setup
        }

        private func isReachable(_ bus: SystemBus) throws -> Bool {
            let (_, output, _) = try bus.call(
                "/clients/alpha", "org.freedesktop.DBus.Properties", "Get", "ss",
                "se.recompile.Mandos.Client", "Name")
            return output == "v s \"alpha\"\n"
        }

        @Test(
            "without a bus at its start, the server serves, and is on the bus when there is one",
            arguments: Binary.built)
        func lateBus(_ binary: Binary) throws {
            let bus = try SystemBus()
            defer { bus.remove() }
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let key = try PeerKey.ed25519.get()
            let secret = try SecretFile(in: directory, byteCount: 20)
            var setup = try setup(binary, bus)
            setup.clients += ClientSection("m", key: key, secretFile: secret.path).text
            try Server.run(setup) { server in
                try server.waitForLog("WARNING", "cannot connect to the D-Bus system bus")
                let report = try Peer.runOne(server.ipv6, key: key)
                #expect(report.sha256 == secret.sha256)
                try bus.start()
                try bus.waitForName("se.bsnet.fukt.Mandos")
                #expect(try isReachable(bus))
                try server.waitForLog("INFO", "connected to the D-Bus system bus")
            }
        }

        @Test("a bus that is restarted is served again", arguments: Binary.built)
        func restart(_ binary: Binary) throws {
            let bus = try SystemBus()
            defer { bus.remove() }
            try bus.start()
            try Server.run(try setup(binary, bus)) { server in
                try bus.waitForName("se.bsnet.fukt.Mandos")
                for _ in 0..<2 {
                    bus.stop()
                    try bus.start()
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    #expect(try isReachable(bus))
                }
                try server.waitForLog("WARNING", "lost the D-Bus system bus")
            }
        }

        @Test(
            "a second server on a bus says that it is one too many, and follows when the first ends",
            arguments: Binary.built)
        func taken(_ binary: Binary) throws {
            let bus = try SystemBus()
            defer { bus.remove() }
            try bus.start()
            var first = try setup(binary, bus)
            first.clients = ""
            var second: Server?
            var setup = try setup(binary, bus)
            setup.clients = "[alpha]\nfingerprint =\nsecret =\nchecker = true\n"
            try Server.run(first) { _ in
                try bus.waitForName("se.bsnet.fukt.Mandos")
                second = try Server.start(setup)
                try second?.waitForLog(
                    "ERROR", "D-Bus name se.recompile.Mandos: somebody else has it")
                #expect(try isReachable(bus) == false)
            }
            defer { second?.end() }
            try second?.waitForLog("INFO", "D-Bus service is available")
            #expect(try isReachable(bus))
        }

        @Test(
            "a bus that takes nothing does not hold up the end of the server",
            arguments: Binary.built)
        func deafBus(_ binary: Binary) throws {
            try SystemBus.run { bus in
                var setup = try setup(binary, bus)
                // More than the socket has room for, when all of them leave the bus.
                setup.clients = (0..<3000).map {
                    "[c\($0)]\nfingerprint =\nsecret =\nchecker = :\ninterval = P1D\n"
                }.joined()
                try Server.run(setup) { server in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    bus.suspend()
                    server.program.send(SIGTERM)
                    #expect(try server.program.waitForExit() == 0)
                    bus.resume()
                }
            }
        }

        @Test(
            "with --no-dbus there is no connection, and nobody misses it", arguments: Binary.built)
        func without(_ binary: Binary) throws {
            try SystemBus.run { bus in
                var setup = try setup(binary, bus)
                setup.options = ["--no-dbus"]
                try Server.run(setup) { server in
                    let list = try bus.run("busctl", ["--system", "list"]).output
                    #expect(list.contains("busctl"))
                    #expect(!list.contains(" \(server.program.pid) "))
                }
                setup.busAddress = "unix:path=/nonexistent"
                try Server.run(setup) { server in
                    #expect(!server.hasLogged("D-Bus"))
                }
            }
        }
    }
}
