import Foundation
import Testing

extension SystemTests {
    @Suite("Checkers")
    struct CheckerTests {
        private func setup(_ binary: Binary, _ sections: [(String, [String])]) -> Server.Setup {
            var setup = Server.Setup(binary)
            setup.clients = sections.map { name, options in
                (["[\(name)]", "fingerprint =", "secret ="] + options).map { $0 + "\n" }.joined()
            }.joined()
            return setup
        }

        @Test(
            "the default one, with the real fping, tells who is up", Requirement.root,
            Requirement.fping, arguments: Binary.built)
        func fping(_ binary: Binary) throws {
            try NetworkNamespace.run { network in
                try network.output("ip", "link", "add", "lan", "type", "veth", "peer", "cable")
                for end in ["lan", "cable"] { try network.output("ip", "link", "set", end, "up") }
                try network.output("ip", "addr", "add", "fd00:6d61::1/64", "dev", "lan", "nodad")
                var setup = setup(
                    binary,
                    [
                        ("up6", ["host = ::1", "interval = PT1S"]),
                        ("up4", ["host = 127.0.0.1", "interval = PT1S"]),
                        ("down", ["host = fd00:6d61::2", "interval = PT1S", "timeout = PT15S"]),
                    ])
                setup.wrapper = network.wrapper
                try Server.run(setup) { server in
                    try server.waitForLog("INFO", "client up6: starting checker “fping -q -- ::1”")
                    try server.waitForLog("INFO", "client up6: checker succeeded")
                    try server.waitForLog("INFO", "client up4: checker succeeded")
                    try server.waitForLog("INFO", "client down: checker failed with exit status 1")
                }
            }
        }

        @Test(
            "of our own need no program, with whichever socket is allowed", Requirement.root,
            arguments: Binary.built, ["1 0", "0 2147483647"])
        func ping(_ binary: Binary, _ groups: String) throws {
            try NetworkNamespace.run { network in
                try network.output(
                    "sh", "-c", "echo \(groups) > /proc/sys/net/ipv4/ping_group_range")
                let often = "interval = PT1S"
                var setup = setup(
                    binary,
                    [
                        ("up6", ["host = ::1", often, "checker = builtin:ping"]),
                        ("up4", ["host = 127.0.0.1", often]),
                        ("named", ["host = localhost", often]),
                        ("nobody", ["host = nobody.invalid", often]),
                        ("down", ["host = 192.0.2.1", often, "timeout = PT10S"]),
                    ])
                setup.settings = "native_checks = yes\n"
                setup.wrapper = network.wrapper + ["env", "PATH=/nonexistent"]
                try Server.run(setup) { server in
                    for name in ["up6", "up4", "named"] {
                        try server.waitForLog("INFO", "client \(name): checker succeeded")
                    }
                    try server.waitForLog("INFO", "client up4: starting checker “fping -q -- ")
                    try server.waitForLog(
                        "INFO", "client nobody: checker failed with exit status 2")
                    try server.waitForLog("INFO", "client down: checker failed with exit status 1")
                }
            }
        }

        @Test(
            "the one of mandos-keygen, with the real ssh-keyscan, tells who has the host key",
            Requirement.root, Requirement.ssh, arguments: Binary.built)
        func sshKeyScan(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            try NetworkNamespace.run { network in
                let sshd = try startSSHServer(in: directory, network)
                defer { sshd.end() }
                let machine = try Fixtures.machine.get()
                let password = try directory.write("password", "secret".utf8)
                let stanza = try network.output(
                    "mandos-keygen", "--dir", machine.directory, "--name", "localhost",
                    "--passfile", password)
                let key = try #require(
                    stanza.split(separator: "\n").first { $0.hasPrefix("ssh_fingerprint = ") }
                ).dropFirst("ssh_fingerprint = ".count)
                var setup = Server.Setup(binary)
                setup.clients =
                    stanza + "interval = PT1S\n"
                    + withOtherKeys(stanza)
                    .replacingOccurrences(of: "[localhost]", with: "[other]")
                    .replacingOccurrences(of: key, with: key + "x") + "interval = PT1S\n"
                setup.wrapper = network.wrapper
                try Server.run(setup) { server in
                    // Both expansions, and a quoted word next to another, as the shell gets them.
                    try server.waitForLog(
                        "INFO",
                        "client localhost: starting checker “ssh-keyscan -t ed25519 localhost "
                            + "2>/dev/null | grep --fixed-strings --line-regexp --quiet "
                            + "--regexp=localhost\" \(key)\"”")
                    try server.waitForLog("INFO", "client localhost: checker succeeded")
                    try server.waitForLog(
                        "INFO", "client other: checker failed with exit status 1")
                }
            }
        }

        /// Two sections with the same key would serve neither.
        private func withOtherKeys(_ stanza: String) -> String {
            stanza.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                for name in ["key_id = ", "fingerprint = "] where line.hasPrefix(name) {
                    return name + String(line.dropFirst(name.count).reversed())
                }
                return String(line)
            }.joined(separator: "\n")
        }

        private func startSSHServer(
            in directory: TemporaryDirectory, _ network: NetworkNamespace
        ) throws -> Program {
            let key = directory.path + "/host-key"
            try Program.output("dropbearkey", "-t", "ed25519", "-f", key)
            let sshd = try Program(
                network.wrapper + ["dropbear", "-F", "-E", "-r", key, "-p", "22", "-P", ""])
            try sshd.error.first("a listening server") { $0.contains("Not backgrounding") }
            return sshd
        }

        /// What a checker may do that is hard to end.
        static let stubborn = [
            "trap '' TERM; echo ready >&9; while :; do sleep 1000; done",
            "trap '' TERM; (trap '' TERM; (echo ready >&9; sleep 1000) & sleep 1000) & sleep 1000",
            "echo ready >&9; exec yes",
            "yes >&2 & echo ready >&9; wait",
        ]

        /// One client for each, all of whose checkers have begun.
        private func runStubborn(
            _ binary: Binary, timeout: String, _ body: (OneClient) throws -> Void
        ) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let lifeline = try Lifeline(in: directory)
            let busy = Self.stubborn.enumerated().map { index, command in
                (
                    "busy\(index)",
                    [
                        "interval = PT1S", "timeout = \(timeout)",
                        "checker = \(lifeline.prefix)\(command)",
                    ]
                )
            }
            try OneClient.run(binary) {
                $0.clients += setup(binary, busy).clients
            } _: { client in
                for _ in busy { try lifeline.waitForLine() }
                try client.expectService()
                try body(client)
                try lifeline.waitUntilNobodyIsLeft()
            }
        }

        @Test(
            "leave nothing behind when the server ends, whatever they do", arguments: Binary.built)
        func stubbornAtExit(_ binary: Binary) throws {
            try runStubborn(binary, timeout: "PT10M") { client in
                client.server.program.send(SIGTERM)
                let status = try client.server.program.waitForExit()
                #expect(status == 0)
            }
        }

        @Test(
            "leave nothing behind when their client expires, and hold up nobody meanwhile",
            arguments: Binary.built)
        func stubbornAtExpiry(_ binary: Binary) throws {
            try runStubborn(binary, timeout: "PT1S") { client in
                for index in Self.stubborn.indices {
                    try client.server.waitForLog("INFO", "client busy\(index): disabled")
                }
                try client.expectService()
            }
        }

        @Test("have their last words in the log", arguments: Binary.built)
        func output(_ binary: Binary) throws {
            let setup = setup(
                binary,
                [("talker", ["interval = PT1S", "checker = echo one; echo two >&2; exit 3"])])
            try Server.run(setup) { server in
                try server.waitForLog("DEBUG", "client talker: checker wrote “one\\ntwo”")
                try server.waitForLog("INFO", "client talker: checker failed with exit status 3")
            }
        }
    }
}
