import Foundation
import Testing

/// A server whose configuration and state last longer than each of its runs, on a bus of its own.
final class LastingServer {
    let binary: Binary
    let directory: TemporaryDirectory
    let state: String
    let bus: SystemBus

    init(_ binary: Binary) throws {
        self.binary = binary
        directory = try TemporaryDirectory()
        state = try directory.makeDirectory("state")
        if geteuid() == 0, let user = getpwnam("_mandos") {
            chown(state, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        bus = try SystemBus()
        try bus.start()
    }

    func remove() {
        bus.remove()
        directory.remove()
    }

    func write(clients: String) throws {
        chmod(try directory.write("clients.conf", clients.utf8), 0o600)
    }

    /// Its arguments but for the port.
    private var arguments: [String] {
        [
            "env", "DBUS_SYSTEM_BUS_ADDRESS=\(bus.address)", binary.path, "--debug", "--configdir",
            directory.path, "--statedir", state, "--no-zeroconf",
        ]
    }

    /// Runs it while `body` does, and kills it, or lets it end in good order.
    func run(
        _ options: [String] = [], endingWith signal: CInt = SIGKILL, _ body: (Run) throws -> Void
    ) throws {
        let port = try ListeningSocket.findFreePort()
        let program = try Program(arguments + ["--port", "\(port)"] + options)
        defer { program.end() }
        try program.error.first("listening") { $0.contains("listening on") }
        try bus.waitForName()
        try body(Run(program: program, address: "::1:\(port)", bus: bus))
        program.send(signal)
        _ = try program.waitForExit()
    }

    /// Runs it, and expects that it ends by itself.
    func runToEnd(_ options: [String] = []) throws -> (status: CInt, error: String) {
        let port = try ListeningSocket.findFreePort()
        let program = try Program(arguments + ["--port", "\(port)"] + options)
        defer { program.end() }
        return (try program.waitForExit(), try program.error.text())
    }

    struct Run {
        let program: Program
        let address: String
        let bus: SystemBus

        /// Whether a peer with that key gets anything.
        func serves(_ key: PeerKey) throws -> Bool {
            try Peer.runOne(address, key: key).bytes > 0
        }

        func expectService(of served: PeerKey..., not others: PeerKey...) throws {
            for key in served { #expect(try serves(key), "\(key.keyID)") }
            for key in others { #expect(try !serves(key), "\(key.keyID)") }
        }

        func hasLogged(_ words: String...) -> Bool {
            program.error.lines.contains { line in words.allSatisfy { line.contains($0) } }
        }

        /// - Returns: what went wrong; empty if nothing did.
        func add(_ name: String, _ key: PeerKey) throws -> String {
            try bus.call(
                "/", "se.recompile.Mandos.Server1", "AddClient", "a{sv}", "4", "name", "s", name,
                "key_id", "s", key.keyID, "checker", "s", ":", "secret", "ay", "3", "97", "98",
                "99"
            ).error
        }

        func remove(_ name: String) throws -> String {
            try bus.call(
                "/", "se.recompile.Mandos", "RemoveClient", "o", "/clients/\(name)"
            ).error
        }

        func disable(_ name: String) throws -> String {
            try bus.call("/clients/\(name)", "se.recompile.Mandos.Client", "Disable").error
        }

        func enable(_ name: String) throws -> String {
            try bus.call("/clients/\(name)", "se.recompile.Mandos.Client", "Enable").error
        }
    }
}
