import Testing

extension SystemTests {
    @Suite("Raw public keys")
    struct KeyTypeTests {
        enum Kind: CaseIterable {
            case ed25519, ecdsa, rsa, ed448, ecdsaP384, ecdsaP521, rsaPSS, largeRSA

            /// Those that each foreign server is tried with, too.
            static let common: [Kind] = [.ed25519, .ecdsa, .rsa]

            func key() throws -> PeerKey {
                switch self {
                case .ed25519: try PeerKey.ed25519.get()
                case .ecdsa: try PeerKey.ecdsa.get()
                case .rsa: try PeerKey.rsa.get()
                case .ed448: try PeerKey.ed448.get()
                case .ecdsaP384: try PeerKey.ecdsaP384.get()
                case .ecdsaP521: try PeerKey.ecdsaP521.get()
                case .rsaPSS: try PeerKey.rsaPSS.get()
                case .largeRSA: try PeerKey.largeRSA.get()
                }
            }
        }

        @Test("of each kind are known by their key ID", arguments: Binary.built, Kind.allCases)
        func kind(_ binary: Binary, _ kind: Kind) throws {
            let key = try kind.key()
            #expect(try key.digestOfPublicKey() == key.keyID)
            try OneClient.run(binary, key: key) { client in
                try client.expectService()
                try client.server.waitForLog("DEBUG", "key ID", key.keyID.uppercased())
            }
        }

        @Test(
            "of each kind also serve mandos-client", Requirement.mandosClient,
            arguments: Binary.built, Kind.common + [.largeRSA])
        func realClient(_ binary: Binary, _ kind: Kind) throws {
            let machine = try Fixtures.machine.get()
            let key = try kind.key()
            var setup = Server.Setup(binary)
            // The same OpenPGP key, but another one for TLS.
            setup.clients = machine.stanza.split(separator: "\n").map {
                $0.hasPrefix("key_id") ? "key_id = \(key.keyID)\n" : $0 + "\n"
            }.joined()
            try Server.run(setup) { server in
                let client = try MandosClient.run(
                    connectingTo: server.ipv6, as: machine, key: key)
                #expect(client.output == machine.password, "\(client.error)")
            }
        }

        @Test(
            "of each kind also serve gnutls-serv", Requirement.gnutlsServer,
            arguments: Binary.built, Kind.common)
        func gnutls(_ binary: Binary, _ kind: Kind) throws {
            let key = try kind.key()
            try OneClient.run(binary, key: key) { client in
                let peer = try RelayedPeer(
                    gnutls: [
                        "--priority", "NORMAL:-CTYPE-ALL:+CTYPE-RAWPK", "--rawpkkeyfile",
                        key.privateFile, "--rawpkfile", key.publicFile,
                    ])
                defer { peer.end() }
                try peer.connect(to: client.server)
                try client.server.waitForLog("INFO", "machine", "secret sent")
            }
        }
    }
}
