import Testing

extension SystemTests {
    /// All of 10.1 to 10.3 that mandos-ctl(8) can be told: with either server, one command after the
    /// other, and each is to end with the same status and the same words.
    @Suite("mandos-ctl, compared with the server that Debian ships", Requirement.reference)
    struct BusControlDifferentialTests {
        private struct Outcome: Equatable {
            let status: CInt
            let output: String
            let error: String
        }

        private static let accepted: [[String]] = [
            ["--version"], ["--help"], ["-h"], ["--check"],
            // What it asks of the server, word for word.
            ["--debug", "--is-enabled", "alpha"], ["--debug", "--dump-json", "alpha"],
            ["--debug", "--enable", "gamma"], ["--debug", "--disable", "gamma"],
            ["--debug", "--bump-timeout", "alpha"], ["--debug", "--host", "x", "alpha"],
            ["--debug", "--timeout", "PT3H", "--approve", "alpha", "beta.example-1"],
            ["--debug", "--secret", "-", "alpha"], ["--debug", "--deny", "beta.example-1"],
            ["--debug", "--start-checker", "beta.example-1"],
            ["--debug", "--stop-checker", "beta.example-1"],
            ["--debug", "--approve-by-default", "alpha"],
            ["--debug", "--deny-by-default", "alpha"],
            // The short forms, and some that are no longer than they have to be.
            ["-e", "gamma"], ["-V", "gamma"], ["-a", "-V"], ["-d", "gamma"], ["-V", "gamma"],
            ["-b", "alpha"],
            ["-c", "true # -c", "alpha"], ["-t", "PT2H", "alpha"], ["-i", "P2D", "alpha"],
            ["-H", "höst", "alpha"], ["-s", "/dev/null", "alpha"], ["-A", "alpha"],
            ["-D", "alpha"],
            ["-a", "-A"], ["--extended-t", "PT4M", "alpha"],
            ["--approval-de=PT5S", "-a"],
            ["-j", "alpha", "gamma"], ["-v", "alpha", "gamma"], ["-vj", "alpha"],
            // Times of the old format, with what it says of them.
            ["--approval-delay", "foo", "alpha"], ["--approval-delay", "", "alpha"],
            ["--approval-duration", "2dxy7zz11y3m5m", "alpha"], ["--timeout", "5h30m", "alpha"],
            ["--timeout", "7200000", "alpha"], ["--timeout", "PT2H30M", "alpha"],
            ["--timeout", "P25D", "alpha"],  // too much for the tool itself
            // Whoever is unknown is found out before anything is done.
            ["--disable", "alpha", "nobody"], ["-V", "alpha"], ["nobody"], ["-j", "nobody"],
            ["--deny", "--remove", "gamma"], ["--remove", "gamma"], ["-r", "alpha", "-D"],
        ]

        /// 10.2.
        private static let refused: [[String]] =
            [
                ["-e"], ["-d"], ["-b"], ["--start-checker"], ["--stop-checker"], ["-V"], ["-r"],
                ["-c", "x"], ["-t", "PT1M"], ["--extended-timeout", "PT1M"], ["-i", "PT1M"],
                ["--approve-by-default"], ["--deny-by-default"], ["--approval-delay", "PT1M"],
                ["--approval-duration", "PT1M"], ["-H", "x"], ["-s", "/dev/null"], ["-A"], ["-D"],
                ["--all"], ["--all", "--verbose"], ["--all", "--dump-json"],
            ]
            + [
                ["--verbose", "--enable"], ["--verbose", "--dump-json"],
                ["--dump-json", "--enable"],
                ["--dump-json", "--is-enabled"], ["--dump-json", "--remove"],
                ["--is-enabled", "gamma"], ["--remove", "--enable"], ["--remove", "--approve"],
                ["--remove", "--is-enabled"], ["--remove", "--timeout", "PT1M"],
                ["--enable", "--disable"], ["--start-checker", "--stop-checker"],
                ["--approve-by-default", "--deny-by-default"], ["--approve", "--deny"],
                ["--secret", "/nonexistent"], ["--secret", "/"], ["--unknown"], ["-x"],
                ["--approval", "PT1M"], ["--en", "--dis"], ["--version=1"],
            ].map { $0 + ["alpha"] }
            + ["-c", "-t", "--extended-timeout", "-i", "--approval-delay", "-H", "-s"].map {
                ["alpha", $0]
            }

        @Test(
            "ends with the same status and the same words, whatever it is told",
            arguments: Binary.built)
        func everything(_ binary: Binary) throws {
            let expected = try Self.reference.get()
            try BusControlTests.serve(binary) { bus in
                let commands = Self.accepted + Self.refused + [["--dump-json", "beta.example-1"]]
                for (command, outcome) in zip(commands, expected) {
                    let found = try Self.outcome(of: command, bus)
                    #expect(found == outcome, "\(command)")
                }
            }
        }

        @Test("refuses what cannot be meant, with status 2 and nothing on its output")
        func statuses() throws {
            let outcomes = try Self.reference.get()
            for (command, outcome) in zip(Self.refused, outcomes.dropFirst(Self.accepted.count)) {
                #expect(outcome.status == 2 && outcome.output == "", "\(command): \(outcome)")
            }
            // Or nothing at all would have been compared.
            let shown = outcomes.count { $0.error.contains("D-Bus: ") }
            let debugged = Self.accepted.count { $0.first == "--debug" }
            #expect(shown == debugged)
        }

        /// Once for both binaries.
        private static let reference = Result {
            var outcomes: [Outcome] = []
            try SystemBus.run { bus in
                try ReferenceServer.run(clients: BusControlTests.clients, on: bus) { _ in
                    for command in accepted + refused + [["--dump-json", "beta.example-1"]] {
                        outcomes.append(try outcome(of: command, bus))
                    }
                }
            }
            return outcomes
        }

        private static func outcome(of command: [String], _ bus: SystemBus) throws -> Outcome {
            let (status, output, error) = try bus.run("mandos-ctl", command)
            return Outcome(
                status: status, output: BusControlTests.normalized(output),
                error: normalized(error))
        }

        /// Without what differs from run to run: the names of connections, and how long a self-test took.
        private static func normalized(_ text: String) -> String {
            BusControlTests.normalized(text).replacing(/:1\.\d+/, with: ":1.N")
                .replacing(/in \d+\.\d+s/, with: "in Ns")
        }
    }
}
