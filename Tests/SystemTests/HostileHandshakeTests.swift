import Foundation
import Testing

extension SystemTests {
    /// Rows 1, 3 and 8, and others of their kind: see “What a stranger can make us compute” in
    /// ARCHITECTURE.md.
    @Suite("Peers that mean harm by TLS")
    struct HostileHandshakeTests {
        struct Kind: CustomTestStringConvertible {
            let name: String
            /// Of the line in the log; nil if GnuTLS chooses them.
            let words: String?
            var testDescription: String { name }

            init(_ name: String, _ words: String? = nil) {
                self.name = name
                self.words = words
            }
        }

        static let kinds = [
            Kind("huge-rsa", "the peer sent more than 8192 bytes"),
            Kind("large-rsa", "the peer sent an RSA key of 12288 bits; expected 2048 to 8192"),
            Kind("large-exponent", "an exponent of 8192 bits; expected 32 at most"),
            Kind("hello-retry", "TLS handshake failed"),
            Kind("double-retry", "TLS handshake failed"),
            Kind("long-cookie", "the peer sent more than 8192 bytes"),
            Kind("long-message", "the peer sent more than 8192 bytes"),
            Kind("one-byte-segments", "the peer sent more than 8192 bytes"),
            Kind("tiny-records", "TLS handshake"),
            Kind("padding", "the peer sent more than 8192 bytes"),
            Kind("ccs-flood"),
            Kind("alert-flood"),
            Kind("compressed-certificate", "the peer sent a handshake message of type 25"),
            Kind("many-certificates", "the peer sent a Certificate message with more than one key"),
            Kind("certificate-request"),
            Kind("ticket-flood"),
            Kind("key-update-flood"),
            Kind("empty-records"),
            Kind("application-data"),
        ]

        /// No call into GnuTLS may take longer, so that ten such connections stay below ten times
        /// that, with all else that they cost.
        private static let millisecondsMax = 20

        @Test(
            "are sent away within 20 ms of CPU each, and told of in the log",
            arguments: Binary.built, kinds)
        func cost(_ binary: Binary, _ kind: Kind) throws {
            let count = 10
            try OneClient.run(binary) { client in
                try client.expectService()
                let before = try client.server.cpuMilliseconds()
                let ends = try Self.attack(client.server, kind.name, count)
                #expect(ends == Array(repeating: "server", count: count))
                let spent = try client.server.cpuMilliseconds() - before
                print("\(binary.path): \(kind.name): \(spent / count) ms of CPU")
                #expect(spent <= count * Self.millisecondsMax)
                // The first line of a source in a minute.
                if let words = kind.words { try client.server.waitForLog("WARNING", words) }
                try client.expectService()
            }
        }

        @Test(
            "are sent away while their machine waits for approval, too", arguments: Binary.built,
            ["key-update-flood", "ticket-flood", "certificate-request", "application-data"])
        func known(_ binary: Binary, _ kind: String) throws {
            try OneClient.run(binary) {
                $0.clients += "approval_delay = PT10M\n"
            } _: { client in
                let before = try client.server.cpuMilliseconds()
                let ends = try Self.attack(client.server, kind, 10, key: client.key)
                #expect(ends == Array(repeating: "server", count: 10))
                let spent = try client.server.cpuMilliseconds() - before
                #expect(spent <= 10 * Self.millisecondsMax)
                try client.server.waitForLog("INFO", "left while it waited for approval")
            }
        }

        @Test(
            "make it hold 40 KiB each at most", arguments: Binary.built,
            ["held-bytes", "long-message"])
        func memory(_ binary: Binary, _ kind: String) throws {
            let count = 200
            try OneClient.run(binary) {
                $0.isQuiet = true
                $0.settings = "max_connections_per_source = 500\n"
            } _: { client in
                try client.expectService()
                let before = try client.server.anonymousBytes()
                let peer = try Peer(
                    client.server.ipv4, "--hostile", kind, "--count", String(count))
                defer { peer.program.end() }
                if kind == "held-bytes" {
                    try client.expectConnections { count }
                } else {
                    #expect(try peer.ends().count == count)
                }
                let growth = try client.server.anonymousBytes() - before
                print("\(binary.path): \(kind): \(growth / count) bytes for each")
                #expect(growth <= 40 * 1024 * count)
            }
        }

        @Test(
            "all at once leave an honest machine its secret, and the server its ear for SIGTERM",
            arguments: Binary.built)
        func together(_ binary: Binary) throws {
            var peers: [Peer] = []
            defer { for peer in peers { peer.program.end() } }
            try OneClient.run(binary) { client in
                for kind in Self.kinds {
                    peers.append(
                        try Peer(
                            client.server.ipv4, "--hostile", kind.name, "--count", "2", "--again",
                            "--timeout", "60"))
                }
                for _ in 0..<3 { try client.expectService() }
            }
        }

        /// - Returns: who ended each of the connections.
        private static func attack(
            _ server: Server, _ kind: String, _ count: Int, key: PeerKey? = nil
        ) throws -> [String] {
            let peer = try Peer(
                server.ipv6, key: key, "--hostile", kind, "--count", String(count), "--timeout",
                "60")
            defer { peer.program.end() }
            return try peer.ends()
        }
    }
}

extension Peer {
    /// Waits until all hostile connections have ended.
    ///
    /// - Returns: by whom: `server` or `peer`.
    fileprivate func ends() throws -> [String] {
        guard try program.waitForExit(by: Deadline(.seconds(120))) == 0 else {
            throw TestFailure("mandos-test-peer: \(try program.error.text())")
        }
        return try program.output.text().split(separator: "\n").compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("end=") }
                .map { String($0.dropFirst("end=".count)) }
        }
    }
}

extension Server {
    /// What it has spent, without its helpers: proc(5), stat.
    fileprivate func cpuMilliseconds() throws -> Int {
        let stat = try String(contentsOfFile: "/proc/\(program.pid)/stat", encoding: .utf8)
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw TestFailure("proc(5): \(stat)")
        }
        return (user + system) * 1000 / sysconf(CInt(_SC_CLK_TCK))
    }
}
