import Foundation
import Testing

extension SystemTests {
    /// Row 10: a machine that loses its power while it waits for approval.
    @Suite("A peer that is gone", Requirement.bus)
    struct DeadPeerTests {
        private static let path = "/clients/machine"

        /// A machine that waits for approval, and is gone.
        private func waiting(
            _ binary: Binary, timeout: String, _ body: (OneClient, SystemBus, Peer) throws -> Void
        ) throws {
            try SystemBus.run { bus in
                try OneClient.run(binary) {
                    $0.busAddress = bus.address
                    $0.settings = "dead_peer_timeout = \(timeout)\n"
                    $0.clients += "approval_delay = PT10M\n"
                } _: { client in
                    try bus.waitForName()
                    let peer = try Peer(
                        client.server.ipv4, key: client.key, "--vanish-at", "handshaken",
                        "--timeout", "100")
                    defer { peer.program.end() }
                    #expect(try peer.waitForStop() == 1)
                    try client.server.waitForLog("INFO", "client machine", "needs approval")
                    try body(client, bus, peer)
                }
            }
        }

        private func property(_ name: String, _ bus: SystemBus) throws -> String {
            try bus.run(
                "busctl",
                [
                    "--system", "get-property", "se.recompile.Mandos", Self.path,
                    "se.recompile.Mandos.Client", name,
                ]
            ).output
        }

        @Test("stops waiting within the time that is set", arguments: Binary.built)
        func pending(_ binary: Binary) throws {
            try waiting(binary, timeout: "PT3S") { client, bus, _ in
                try client.server.waitForLog(
                    "INFO", "left while it waited for approval", "Connection timed out")
                #expect(try property("ApprovalPending", bus) == "b false\n")
            }
        }

        @Test(
            "gets no secret by an approval, which is told, and lives no longer for it",
            arguments: Binary.built)
        func approved(_ binary: Binary) throws {
            // Long enough for the approval to come first.
            try waiting(binary, timeout: "PT9S") { client, bus, _ in
                let expires = try property("Expires", bus)
                let signals = try Program(
                    [
                        "stdbuf", "-oL", "gdbus", "monitor", "--system", "--dest",
                        "se.recompile.Mandos",
                    ],
                    environment: bus.environment)
                defer { signals.end() }
                try signals.output.first("its first line") { $0.contains("is owned by") }
                let answer = try bus.call(
                    Self.path, "se.recompile.Mandos.Client", "Approve", "b", "true")
                #expect(answer.status == 0, "\(answer)")
                try client.server.waitForLog(
                    "WARNING", "the secret of machine was not taken", "Connection timed out")
                try signals.output.first("the end of the approval") {
                    $0.contains("ApprovalPending") && $0.contains("false")
                }
                #expect(!signals.output.lines.contains { $0.contains("GotSecret") })
                #expect(!client.server.hasLogged("secret sent"))
                #expect(try property("Expires", bus) == expires)
            }
        }

        @Test(
            "because its network is gone stops waiting, too", Requirement.root,
            arguments: Binary.built)
        func network(_ binary: Binary) throws {
            try NetworkNamespace.run { namespace in
                try OneClient.run(binary) {
                    $0.wrapper = namespace.wrapper
                    $0.settings = "dead_peer_timeout = PT3S\n"
                    $0.clients += "approval_delay = PT10M\n"
                } _: { client in
                    let peer = try Program(
                        namespace.wrapper + [
                            Peer.path, "--connect", client.server.ipv4, "--key",
                            client.key.privateFile, "--stop-at", "handshaken", "--timeout", "100",
                        ])
                    defer { peer.end() }
                    try client.server.waitForLog("INFO", "client machine", "needs approval")
                    try namespace.output("ip", "link", "set", "lo", "down")
                    try client.server.waitForLog("INFO", "left while it waited for approval")
                }
            }
        }
    }
}
