import Testing

/// A server that knows one machine, with a secret of random bytes.
struct OneClient {
    let key: PeerKey
    let secret: SecretFile
    let server: Server

    /// - Parameters:
    ///   - arrange: changes how the server is started.
    static func run(
        _ binary: Binary, key: PeerKey? = nil, secretByteCount: Int = 300,
        _ arrange: (inout Server.Setup) throws -> Void = { _ in },
        _ body: (OneClient) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let key = try key ?? PeerKey.ed25519.get()
        let secret = try SecretFile(in: directory, byteCount: secretByteCount)
        var setup = Server.Setup(binary)
        setup.clients = ClientSection("machine", key: key, secretFile: secret.path).text
        try arrange(&setup)
        try Server.run(setup) { server in
            try body(OneClient(key: key, secret: secret, server: server))
        }
    }

    /// An honest machine gets the secret, whatever else goes on.
    ///
    /// - Parameter seconds: it gives up after so many.
    func expectService(at address: String? = nil, within seconds: Int = 20) throws {
        let report = try Peer.runOne(
            address ?? server.ipv6, key: key, "--timeout", String(seconds))
        expectSecret(report)
    }
}
