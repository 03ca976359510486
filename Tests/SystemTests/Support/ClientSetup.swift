import Testing

/// A daemon with one client, all of whose files belong to root alone.
struct ClientSetup {
    var daemon: Daemon.Setup
    private let key: PeerKey
    private let secret: SecretFile
    private let directory: DirectoryOwner

    init(_ binary: Binary) throws {
        directory = try DirectoryOwner()
        key = try PeerKey.ed25519.get()
        secret = try SecretFile(in: directory.directory, byteCount: 300)
        daemon = Daemon.Setup(binary)
        daemon.clients = ClientSection("machine", key: key, secretFile: secret.path).text
    }

    func expectService(at address: String) throws {
        let report = try Peer.runOne(address, key: key)
        #expect(report.outcome == .orderly && report.sha256 == secret.sha256, "\(report)")
    }

    private final class DirectoryOwner {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        deinit { directory.remove() }
    }
}
