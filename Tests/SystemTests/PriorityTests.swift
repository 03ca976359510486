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
                outcome.error.contains("--priority: expected a ")
                    && outcome.error.contains("found “\(priority)”"))
        }

        private static let reference =
            "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA"
        private static let primes = "NORMAL:-CTYPE-ALL:+CTYPE-RAWPK:-GROUP-ALL:+GROUP-FFDHE8192"

        @Test(
            "without TLS 1.3 is warned about, as hardly any machine can use it",
            arguments: Binary.built)
        func old(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.options = [
                    "--priority",
                    "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:"
                        + "+GROUP-EC-ALL:-DHE-RSA:-DHE-DSS",
                ]
            } _: { client in
                try client.server.waitForLog("WARNING", "--priority: has no TLS 1.3")
            }
        }

        @Test(
            "of the operator's own is taken as it is, with one warning of what it allows",
            arguments: Binary.built, [true, false])
        func costly(_ binary: Binary, _ isOption: Bool) throws {
            try OneClient.run(binary) {
                if isOption {
                    $0.options = ["--priority", Self.reference]
                } else {
                    $0.settings = "priority = \(Self.reference)\n"
                }
            } _: { client in
                try client.server.waitForLog(
                    "WARNING",
                    isOption ? "--priority: allows" : "mandos.conf:2: [DEFAULT] priority: ",
                    "FFDHE8192 (282 ms)")
                #expect(client.server.program.error.lines.count { $0.contains("FFDHE8192 (") } == 1)
                let report = try Peer.runOne(
                    client.server.ipv6, key: client.key, "--priority", Self.primes)
                client.expectSecret(report)
            }
        }

        @Test(
            "that is built in offers curves only, without a warning", arguments: Binary.built)
        func builtIn(_ binary: Binary) throws {
            try OneClient.run(binary) { client in
                for group in ["SECP256R1", "SECP384R1", "SECP521R1", "X25519", "X448"] {
                    let report = try Peer.runOne(
                        client.server.ipv6, key: client.key, "--priority",
                        "NORMAL:-CTYPE-ALL:+CTYPE-RAWPK:-GROUP-ALL:+GROUP-\(group)")
                    client.expectSecret(report)
                }
                let report = try Peer.runOne(
                    client.server.ipv6, key: client.key, "--priority", Self.primes)
                #expect(report.outcome != .orderly && report.bytes == 0)
                #expect(!client.server.hasLogged("WARNING: --priority"))
                #expect(!client.server.hasLogged("mandos.conf: allows"))
            }
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
