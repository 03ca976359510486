import Foundation

/// A directory with a configuration and a state, for servers that run one after the other.
final class StatefulServer {
    let directory: TemporaryDirectory
    private let binary: Binary
    private let state: String
    private let port: UInt16
    private let key: PeerKey

    /// - Parameter clients: text of clients.conf after the section “machine” with the key of the
    ///   peer, which `options` belong to.
    init(_ binary: Binary, options: [String], clients: String = "") throws {
        self.binary = binary
        directory = try TemporaryDirectory()
        key = try PeerKey.ed25519.get()
        port = try ListeningSocket.findFreePort()
        let secret = try SecretFile(in: directory, byteCount: 100)
        let section = ClientSection("machine", key: key, secretFile: secret.path)
        let lines = section.text.replacing("checker = :\n", with: "")
        try directory.write(
            "clients.conf", (lines + options.joined(separator: "\n") + "\n" + clients).utf8)
        state = try directory.makeDirectory("state")
        if geteuid() == 0, let user = getpwnam("_mandos") {
            chown(state, user.pointee.pw_uid, user.pointee.pw_gid)
        }
    }

    func remove() { directory.remove() }

    /// - Parameter environment: such as `NAME=value`.
    func start(environment: [String] = []) throws -> Program {
        let program = try Program(
            ["env"] + environment + [
                binary.path, "--debug", "--configdir", directory.path, "--statedir", state,
                "--no-dbus", "--no-zeroconf", "--port", "\(port)",
            ])
        try program.error.first("listening") { $0.contains("listening on") }
        return program
    }

    func stop(_ program: Program, with signal: CInt = SIGTERM) throws {
        program.send(signal)
        _ = try program.waitForExit()
    }

    /// How many bytes the machine is sent when it boots.
    func boot() throws -> Int { try Peer.runOne("::1:\(port)", key: key).bytes }
}
