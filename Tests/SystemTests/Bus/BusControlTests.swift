import Foundation
import Testing

extension SystemTests {
    /// Debian's unmodified mandos-ctl(8).
    @Suite("mandos-ctl", Requirement.reference)
    struct BusControlTests {
        static let clients = """
            [DEFAULT]
            interval = P1D
            [alpha]
            key_id = \(String(repeating: "a", count: 64))
            fingerprint = 0123456789abcdef0123456789abcdef01234567
            host = localhost
            checker = true
            secret = c2VjcmV0
            [beta.example-1]
            key_id = \(String(repeating: "b", count: 64))
            fingerprint =
            host = höst
            checker = sleep 60
            approval_delay = PT30S
            approved_by_default = no
            timeout = P1DT2H3M4S
            secret = c2VjcmV0
            [gamma]
            key_id = \(String(repeating: "c", count: 64))
            fingerprint =
            enabled = no
            secret = c2VjcmV0

            """

        static func serve(_ binary: Binary, _ body: (SystemBus) throws -> Void) throws {
            try SystemBus.run { bus in
                var setup = Server.Setup(binary)
                setup.clients = Self.clients
                setup.busAddress = bus.address
                try Server.run(setup) { _ in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    try body(bus)
                }
            }
        }

        /// With all times the same, which are of different moments.
        static func normalized(_ text: String) -> String {
            text.replacing(
                /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/, with: "TTTT-TT-TTTTT:TT:TT.TTTTTT")
        }

        /// What it prints of both servers, in each of its forms.
        private static let forms = [
            ["alpha", "beta.example-1", "gamma"],
            ["--verbose", "gamma", "alpha", "beta.example-1"],
            ["--dump-json", "beta.example-1", "gamma", "alpha"],
        ]

        @Test("prints what it prints of the server that Debian ships", arguments: Binary.built)
        func output(_ binary: Binary) throws {
            var expected: [String] = []
            try SystemBus.run { bus in
                try ReferenceServer.run(clients: Self.clients, on: bus) { _ in
                    for form in Self.forms { expected.append(try print(form, bus)) }
                }
            }
            try Self.serve(binary) { bus in
                for (form, text) in zip(Self.forms, expected) {
                    #expect(try print(form, bus) == text)
                }
                let table = try print([], bus)
                #expect(table.split(separator: "\n").count == 4)
                let json = try print(["-j"], bus)
                #expect(try print(["--dump-json"], bus) == json)
            }
        }

        private func print(_ arguments: [String], _ bus: SystemBus) throws -> String {
            let (status, output, error) = try bus.run("mandos-ctl", arguments)
            guard status == 0 else { throw TestFailure("mandos-ctl: \(error)") }
            return Self.normalized(output)
        }

        /// Options, and what the value of a property is afterwards, as in JSON.
        private static let changes: [(arguments: [String], property: String, value: String)] = [
            (["--disable"], "Enabled", "false"),
            (["--enable"], "Enabled", "true"),
            (["-d"], "Enabled", "false"),
            (["-e"], "Enabled", "true"),
            (["--bump-timeout"], "LastCheckerStatus", "0"),
            (["--start-checker"], "CheckerRunning", "true"),
            (["--stop-checker"], "CheckerRunning", "false"),
            (["--checker", "sleep 30 # 100%%"], "Checker", #""sleep 30 # 100%%""#),
            (["--timeout", "PT1H"], "Timeout", "3600000"),
            (["-t", "1500"], "Timeout", "1500"),
            (["--timeout", "P20D"], "Timeout", "1728000000"),
            (["--extended-timeout", "5m30s"], "ExtendedTimeout", "330000"),
            (["--interval", "PT3M"], "Interval", "180000"),
            (["--approve-by-default"], "ApprovedByDefault", "true"),
            (["--deny-by-default"], "ApprovedByDefault", "false"),
            (["--approval-delay", "PT10S"], "ApprovalDelay", "10000"),
            (["--approval-duration", "PT7S"], "ApprovalDuration", "7000"),
            (["--host", "ü.example"], "Host", #""\u00fc.example""#),
        ]

        @Test("changes what it is told to change", arguments: Binary.built)
        func changes(_ binary: Binary) throws {
            try Self.serve(binary) { bus in
                for change in Self.changes {
                    #expect(try print(change.arguments + ["beta.example-1"], bus) == "")
                    let json = try print(["--dump-json", "beta.example-1"], bus)
                    #expect(
                        json.contains("\"\(change.property)\": \(change.value)"),
                        "\(change.arguments): \(json)")
                }
                for answer in ["--approve", "--deny", "-A", "-D"] {
                    #expect(try print([answer, "beta.example-1"], bus) == "")
                }
            }
        }

        @Test("sets a secret that a machine then gets", arguments: Binary.built)
        func secret(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let key = try PeerKey.ed25519.get()
            let old = try SecretFile(in: directory, byteCount: 10)
            let new = try SecretFile(in: directory, byteCount: 5000)
            try SystemBus.run { bus in
                var setup = Server.Setup(binary)
                setup.busAddress = bus.address
                setup.clients = ClientSection("m", key: key, secretFile: old.path).text
                try Server.run(setup) { server in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    #expect(try print(["--secret", new.path, "m"], bus) == "")
                    #expect(try Peer.runOne(server.ipv6, key: key).sha256 == new.sha256)
                }
            }
        }

        @Test("says who is enabled by its exit status, and who is unknown", arguments: Binary.built)
        func statuses(_ binary: Binary) throws {
            try Self.serve(binary) { bus in
                for (arguments, status): ([String], CInt) in [
                    (["--is-enabled", "alpha"], 0), (["-V", "gamma"], 1),
                    (["--disable", "nobody"], 1), (["--enable", "--disable", "alpha"], 2),
                    (["--disable", "--all"], 0), (["-V", "alpha"], 1),
                    (["--enable", "alpha", "gamma"], 0), (["-V", "gamma"], 0),
                    (["--remove", "gamma"], 0), (["--is-enabled", "gamma"], 1),
                    (["--deny", "--remove", "alpha"], 0),
                ] {
                    #expect(try bus.run("mandos-ctl", arguments).status == status, "\(arguments)")
                }
                let json = try print(["--dump-json"], bus)
                #expect(json.contains("beta") && !json.contains("alpha") && !json.contains("gamma"))
            }
        }

        @Test(
            "several commands are carried out in their order, for each client",
            arguments: Binary.built)
        func several(_ binary: Binary) throws {
            try Self.serve(binary) { bus in
                #expect(
                    try print(
                        ["--timeout", "PT1M", "--host", "x", "--timeout", "PT2M", "--all"], bus)
                        == "")
                let json = try print(["--dump-json"], bus)
                #expect(json.components(separatedBy: "\"Timeout\": 120000").count == 4)
                #expect(json.components(separatedBy: "\"Host\": \"x\"").count == 4)
            }
        }
    }
}
