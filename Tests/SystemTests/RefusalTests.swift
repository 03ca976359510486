import Testing

extension SystemTests {
    @Suite("Peers that are refused")
    struct RefusalTests {
        @Test(
            "with an unknown key, they get an orderly end, and a line in the log",
            arguments: Binary.built)
        func unknownKey(_ binary: Binary) throws {
            let stranger = try PeerKey.stranger.get()
            try OneClient.run(binary) { client in
                for (address, host) in [
                    (client.server.ipv6, "::1"), (client.server.ipv4, "::ffff:127.0.0.1"),
                ] {
                    let report = try Peer.runOne(address, key: stranger)
                    #expect(report.outcome == .orderly)
                    #expect(report.bytes == 0)
                    let line = try client.server.waitForLog(
                        "INFO", stranger.keyID.uppercased(), host)
                    #expect(line.hasSuffix(" address \(host)") || host != "::1")
                }
            }
        }

        @Test("a disabled client gets an orderly end", arguments: Binary.built)
        func disabled(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.clients += "enabled = no\n"
            } _: { client in
                let report = try Peer.runOne(client.server.ipv6, key: client.key)
                #expect(report.outcome == .orderly)
                #expect(report.bytes == 0)
                try client.server.waitForLog("INFO", "client machine", "disabled")
            }
        }

        @Test(
            "the digest of no key at all is nobody's key ID, which the log says at start",
            arguments: Binary.built)
        func digestOfNothing(_ binary: Binary) throws {
            let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let secret = try SecretFile(in: directory, byteCount: 100)
            try OneClient.run(binary) {
                $0.clients +=
                    ClientSection("nobody", keyID: nothing, secretFile: secret.path).text
            } _: { client in
                try client.server.waitForLog("WARNING", "[nobody]", "never matches")
                let certificate = try client.key.makeCertificate(in: try Fixtures.directory.get())
                for key in [try PeerKey.stranger.get(), client.key] {
                    let report = try Peer.runOne(
                        client.server.ipv6, key: key, "--certificate", certificate,
                        "--priority", "NORMAL")
                    #expect(report.bytes == 0)
                }
                try client.expectService()
            }
        }

        static let hint = "mandos-client 1.8.1 or later"

        @Test(
            "the log says which mandos-client an X.509 or TLS 1.2 peer needs",
            arguments: Binary.built,
            [
                ["--priority", "NORMAL"], ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"],
                ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1"],
            ])
        func gnutls(_ binary: Binary, _ options: [String]) throws {
            try OneClient.run(binary) { client in
                let certificate = try PeerKey.ecdsa.get().makeCertificate(
                    in: try Fixtures.directory.get())
                let peer = try RelayedPeer(
                    gnutls: options + [
                        "--x509keyfile", try PeerKey.ecdsa.get().privateFile, "--x509certfile",
                        certificate,
                    ])
                defer { peer.end() }
                try peer.connect(to: client.server)
                try client.server.waitForLog("WARNING", "TLS handshake", Self.hint)
            }
        }

        @Test(
            "the log says which mandos-client a peer with OpenSSL needs", arguments: Binary.built,
            ["-tls1_2", "-tls1_3"])
        func openSSL(_ binary: Binary, _ version: String) throws {
            try OneClient.run(binary) { client in
                let key = try PeerKey.ecdsa.get()
                let certificate = try key.makeCertificate(in: try Fixtures.directory.get())
                let peer = try RelayedPeer(
                    openSSL: ["-key", key.privateFile, "-cert", certificate, version])
                defer { peer.end() }
                try peer.connect(to: client.server)
                try client.server.waitForLog("WARNING", Self.hint)
                try client.expectService()
            }
        }

        @Test(
            "a raw key over TLS 1.2 is refused with the same hint", arguments: Binary.built)
        func rawKeyOverOldVersion(_ binary: Binary) throws {
            try OneClient.run(binary) { client in
                let report = try Peer.runOne(
                    client.server.ipv6, key: client.key, "--priority",
                    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CTYPE-ALL:+CTYPE-RAWPK")
                #expect(report.outcome != .orderly)
                #expect(report.bytes == 0)
                try client.server.waitForLog("WARNING", "TLS handshake", Self.hint)
            }
        }
    }
}
