import CShims.Linux
import Foundation

/// The server that Debian ships, as a peer to compare with.
final class ReferenceServer {
    static let path = "/usr/sbin/mandos"

    let port: UInt16
    private let program: Program
    private let directory: TemporaryDirectory

    /// Runs one on the bus while `body` does.
    static func run(
        clients: String, on bus: SystemBus, _ body: (ReferenceServer) throws -> Void
    ) throws {
        let server = try ReferenceServer(clients: clients, on: bus)
        defer { server.end() }
        try bus.waitForName()
        try bus.waitForName("se.bsnet.fukt.Mandos")
        try body(server)
    }

    private init(clients: String, on bus: SystemBus) throws {
        directory = try TemporaryDirectory()
        port = try ListeningSocket.findFreePort()
        let state = try directory.makeDirectory("state")
        if geteuid() == 0, let user = getpwnam("_mandos") {
            chown(state, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try directory.write("mandos.conf", "[DEFAULT]\n".utf8)
        try directory.write("clients.conf", clients.utf8)
        program = try Program(
            // It has children that outlive it. In a namespace of processes they do not.
            ["unshare", "--pid", "--fork"] + [
                Self.path, "--configdir", directory.path, "--statedir", state, "--foreground",
                "--no-zeroconf", "--no-restore", "--port", String(port),
            ], environment: bus.environment)
    }

    /// With all its children. By itself it would wait for them.
    private func end() {
        let children = try? String(
            contentsOfFile: "/proc/\(program.pid)/task/\(program.pid)/children", encoding: .utf8)
        for child in (children ?? "").split(separator: " ") {
            if let pid = pid_t(child) { kill(pid, SIGKILL) }
        }
        _ = try? program.waitForExit()
        program.end()
        directory.remove()
    }
}
