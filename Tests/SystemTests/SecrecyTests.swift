import Foundation
import Testing

extension SystemTests {
    @Suite("What nobody gets to see")
    struct SecrecyTests {
        @Test("no secret, in any form, is in the log of a --debug run", arguments: Binary.built)
        func log(_ binary: Binary) throws {
            let secret = Array("WO6pG9Kt8zYvVqFo secret of a machine x1JcM4bR7sNd".utf8)
            let base64 = Data(secret).base64EncodedString()
            let bad = "QmFkU2VjcmV0QmFkU2VjcmV0QmFkU2VjcmV0*"
            let key = try PeerKey.ed25519.get()
            var setup = Server.Setup(binary)
            setup.clients = """
                [machine]
                key_id = \(key.keyID)
                host = localhost
                checker = :
                secret = \(base64)
                [bad]
                key_id = 00
                secret = \(bad)=
                timeout = %(secret)s
                """
            try Server.run(setup) { server in
                let report = try Peer.runOne(server.ipv6, key: key)
                #expect(report.bytes == secret.count)
                try Self.misbehave(server, key)
                try server.waitForLog("INFO", "client machine: secret sent")
                try server.waitForLog("ERROR", "[bad]")
                server.program.send(SIGTERM)
                _ = try server.program.waitForExit()
                let text = try server.program.error.text() + server.program.output.text()
                #expect(text.contains("GnuTLS: "))
                for form in Self.forms(of: secret) + [bad] {
                    #expect(!text.lowercased().contains(form.lowercased()))
                }
            }
        }

        private static func misbehave(_ server: Server, _ key: PeerKey) throws {
            _ = try Peer.run(server.ipv6, key: key, "--hang-up-at", "handshaken")
            _ = try Peer.run(server.ipv6, key: key, "--hang-up-at", "secret", "--reset")
            _ = try Peer.run(server.ipv6, key: try PeerKey.stranger.get())
        }

        /// The beginning and the end of it, as text, base64 and hexadecimal digits.
        private static func forms(of secret: [UInt8]) -> [String] {
            [secret.prefix(15), secret.suffix(15)].flatMap { part in
                [
                    String(decoding: part, as: UTF8.self), Data(part).base64EncodedString(),
                    part.map { String(format: "%02x", $0) }.joined(),
                    part.map { String(format: "%02x", $0) }.joined(separator: " "),
                    part.map { String(format: "%02x", $0) }.joined(separator: ":"),
                ]
            }
        }
    }
}
