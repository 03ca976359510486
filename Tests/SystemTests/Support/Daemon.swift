import CShims.Linux
import Foundation
import Testing

/// A server that became a daemon, and left the process that the test started.
final class Daemon {
    /// How to start one.
    struct Setup {
        let binary: Binary
        /// Text of clients.conf, and of mandos.conf.
        var clients = ""
        var settings = ""
        /// Instead of a port of the test's choice.
        var options: [String]?
        /// Goes before the command, such as `setpriv` and its options.
        var prefix: [String] = []
        var environment: [String: String]?
        /// Of the launching process.
        var standardInput: CInt?

        init(_ binary: Binary) { self.binary = binary }
    }

    static let pidFile = "/run/mandos.pid"

    let port: UInt16
    let process: ForeignProcess

    var ipv6: String { "::1:\(port)" }

    /// Runs one while `body` does, and ends it.
    static func run(_ setup: Setup, _ body: (Daemon) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let port = try ListeningSocket.findFreePort()
        let launcher = try launch(setup, in: directory, port: port)
        defer { launcher.end() }
        let status = try launcher.waitForExit()
        let messages = try launcher.output.text() + launcher.error.text()
        guard status == 0 else { throw TestFailure("status \(status): \(messages)") }
        #expect(messages.isEmpty)
        let id = try #require(pid_t(contentOfPIDFile() ?? ""), "no PID file")
        let daemon = Daemon(port: port, process: try ForeignProcess(id))
        defer { daemon.process.end() }
        try body(daemon)
    }

    /// Runs a launching process that is expected to tell of a failure.
    static func runToFailure(
        _ setup: Setup, port: UInt16? = nil
    ) throws -> (status: CInt, output: String, error: String) {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let launcher = try launch(
            setup, in: directory, port: port ?? ListeningSocket.findFreePort())
        defer { launcher.end() }
        let status = try launcher.waitForExit()
        return (status, try launcher.output.text(), try launcher.error.text())
    }

    /// Starts one in `directory`, which it is told to find by a relative path.
    static func launch(
        _ setup: Setup, in directory: TemporaryDirectory, port: UInt16
    ) throws -> Program {
        let conf = try directory.makeDirectory("conf")
        chmod(conf, 0o711)
        try directory.write("conf/mandos.conf", ("[DEFAULT]\n" + setup.settings).utf8)
        try directory.write("conf/clients.conf", setup.clients.utf8)
        let inDirectory = ["sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", directory.path]
        let options = setup.options ?? ["--port", String(port)]
        let command = [
            setup.binary.path, "--configdir", "conf", "--statedir", "state", "--no-dbus",
            "--no-zeroconf", "--no-restore",
        ]
        return try Program(
            inDirectory + setup.prefix + command + options, environment: setup.environment,
            standardInput: setup.standardInput)
    }

    private init(port: UInt16, process: ForeignProcess) {
        self.port = port
        self.process = process
    }

    /// Without its line feed, which has to be there; nil if there is none.
    static func contentOfPIDFile() -> String? {
        guard let text = try? String(contentsOfFile: pidFile, encoding: .utf8) else { return nil }
        return text.hasSuffix("\n") ? String(text.dropLast()) : "\(text) without a line feed"
    }

    /// The process that keeps the PID file: all that is left of those that the daemon has forked.
    func keeper() throws -> ForeignProcess {
        let deadline = Deadline()
        while true {
            let children = try process.children()
            if children.count == 1 { return children[0] }
            if deadline.hasPassed { throw TestFailure("\(children.count) helpers") }
            usleep(1_000)  // the reader ends by itself
        }
    }
}

extension Requirement {
    /// Daemons write it, and there is one only.
    static let pidFile: ConditionTrait = .enabled("needs root, and no other Mandos server") {
        guard geteuid() == 0 else { return false }
        guard let id = Daemon.contentOfPIDFile().flatMap({ pid_t($0) }) else { return true }
        return kill(id, 0) != 0
    }
}
