import Testing

extension SystemTests {
    @Suite("The priority string")
    struct PriorityTests {
        @Test(
            "of the days of OpenPGP keys is replaced with a warning, and machines are served",
            arguments: Binary.built)
        func openPGP(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.settings =
                    "priority = SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256\n"
            } _: { client in
                try client.server.waitForLog("WARNING", "priority", "OpenPGP")
                try client.expectService()
            }
        }

        @Test(
            "that leaves no way to speak with a machine is refused, with what to write",
            arguments: Binary.built,
            [
                "NORMAL", "nonsense", "NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:!VERS-ALL",
                "SECURE128:!CTYPE-X.509:+CTYPE-OPENPGP", "NONE", "NORMAL:+CTYPE-RAWPK:+NOPE", "",
            ])
        func unusable(_ binary: Binary, _ priority: String) throws {
            var setup = Server.Setup(binary)
            setup.options = ["--priority", priority]
            let outcome = try Server.runToEnd(setup)
            #expect(outcome.status == 1)
            #expect(
                outcome.error.contains("priority: expected a ")
                    && outcome.error.contains("found “\(priority)”"))
        }

        @Test("may be any other that allows raw keys", arguments: Binary.built)
        func other(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.options = ["--priority", "NORMAL:-CTYPE-ALL:+CTYPE-RAWPK"]
            } _: { client in
                try client.expectService()
            }
        }
    }
}
