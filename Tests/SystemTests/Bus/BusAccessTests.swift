import Testing

extension SystemTests {
    @Suite("D-Bus, with the policy that is installed", Requirement.reference)
    struct BusAccessTests {
        private static let manager = "org.freedesktop.DBus.ObjectManager"

        @Test(
            "root and the group of the server may call it, nobody else may",
            arguments: Binary.built)
        func access(_ binary: Binary) throws {
            try SystemBus.run(.shipped) { bus in
                try serve(binary, on: bus) {
                    for user in ["root", "_mandos"] {
                        let (status, output, error) = try bus.call(
                            "/", Self.manager, "GetManagedObjects", as: user)
                        #expect(status == 0, "\(user): \(error)")
                        #expect(output.contains("/clients/alpha"))
                    }
                    for name in ["se.recompile.Mandos", "se.bsnet.fukt.Mandos"] {
                        let (status, _, error) = try bus.run(
                            "busctl",
                            ["--system", "call", name, "/", Self.manager, "GetManagedObjects"],
                            as: "nobody")
                        #expect(status == 1 && error.contains("Access denied"), "\(error)")
                    }
                }
            }
        }

        @Test("nobody else hears what it says, nor can take its names", arguments: Binary.built)
        func others(_ binary: Binary) throws {
            try SystemBus.run(.shipped) { bus in
                try serve(binary, on: bus) {
                    let stranger = try monitor(bus, as: "nobody")
                    let member = try monitor(bus, as: "_mandos")
                    defer { for program in [stranger, member] { program.end() } }
                    #expect(
                        try bus.call(
                            "/clients/alpha", "se.recompile.Mandos.Client", "CheckedOK"
                        ).status == 0)
                    try member.output.first("GotSecret") { $0.contains("LastCheckedOK") }
                    #expect(!stranger.output.lines.contains { $0.contains("LastCheckedOK") })
                    let (_, _, error) = try bus.run(
                        "busctl",
                        [
                            "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                            "org.freedesktop.DBus", "RequestName", "su", "se.recompile.Mandos",
                            "2",
                        ], as: "nobody")
                    #expect(error.contains("Access denied"), "\(error)")
                }
            }
        }

        /// Returns when it hears what it may hear.
        private func monitor(_ bus: SystemBus, as user: String) throws -> Program {
            let group = user == "nobody" ? "nogroup" : user
            let program = try Program(
                [
                    "setpriv", "--reuid", user, "--regid", group, "--init-groups", "stdbuf", "-oL",
                    "gdbus", "monitor", "--system", "--dest", "se.recompile.Mandos",
                ], environment: bus.environment)
            try program.output.first("its start") { $0.contains("is owned by") }
            return program
        }

        private func serve(
            _ binary: Binary, on bus: SystemBus, _ body: () throws -> Void
        ) throws {
            var setup = Server.Setup(binary)
            setup.clients = "[alpha]\nfingerprint =\nsecret =\nchecker = true\n"
            setup.busAddress = bus.address
            try Server.run(setup) { _ in
                try bus.waitForName("se.bsnet.fukt.Mandos")
                try body()
            }
        }
    }
}
