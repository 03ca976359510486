import Foundation

/// Debian's mandos, in a network namespace of its own and with a bus of its own.
final class StatefulReference {
    let directory: TemporaryDirectory
    private let bus: Program
    private let address: String

    init(in directory: TemporaryDirectory) throws {
        self.directory = directory
        address = "unix:path=\(directory.path)/bus"
        try directory.write(
            "bus.conf",
            """
            <busconfig><type>system</type><listen>\(address)</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow user="*"/><allow own="*"/>
            <allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
            """.utf8)
        bus = try Program([
            "dbus-daemon", "--config-file", directory.path + "/bus.conf", "--nofork", "--nopidfile",
            "--print-address",
        ])
        try bus.output.first("its address") { $0.hasPrefix("unix:") }
        try directory.write("mandos.conf", [])
    }

    deinit { bus.end() }

    /// Runs it with `clients` and the state that is there while `body` does, and kills it with all
    /// that it has started.
    func run(
        clients: String, state: String, _ body: (StatefulReference) throws -> Void
    ) throws {
        let server = try start(clients, state)
        defer { server.end() }
        try body(self)
    }

    /// The same, but ends it in good order. It runs gpg for each client then, which takes its time,
    /// and a good part of its ends fail to save because gpg removes its sockets meanwhile.
    ///
    /// - Returns: whether it has saved.
    func runAndSave(
        clients: String, state: String, _ body: (StatefulReference) throws -> Void
    ) throws -> Bool {
        let server = try start(clients, state)
        defer { server.end() }
        try body(self)
        let children = "/proc/\(server.pid)/task/\(server.pid)/children"
        let text = try String(contentsOfFile: children, encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespaces)) else {
            throw TestFailure("the reference has ended by itself")
        }
        kill(pid, SIGTERM)
        let status = try server.waitForExit(by: Deadline(.seconds(100)))
        return status == 0 && FileManager.default.fileExists(atPath: state + "/clients.pickle")
    }

    private func start(_ clients: String, _ state: String) throws -> Program {
        try directory.write("clients.conf", clients.utf8)
        var environment = ProcessInfo.processInfo.environment
        environment["DBUS_SYSTEM_BUS_ADDRESS"] = address
        let server = try Program(
            [
                "unshare", "--net", "--pid", "--fork", "--kill-child", ReferenceServer.path,
                "--foreground",
                "--debug", "--no-zeroconf",
                "--port", "4711", "--configdir", directory.path, "--statedir", state,
            ], environment: environment)
        do {
            try server.error.first("the start of its loop") { $0.contains("Starting main loop") }
        } catch {
            server.end()
            throw error
        }
        return server
    }

    /// Runs mandos-ctl, which has to succeed.
    @discardableResult
    func control(_ arguments: String...) throws -> String {
        var environment = ProcessInfo.processInfo.environment
        environment["DBUS_SYSTEM_BUS_ADDRESS"] = address
        let (status, output, error) = try Program.run(
            "mandos-ctl", arguments, environment: environment)
        guard status == 0 else { throw TestFailure("mandos-ctl \(arguments): \(error)") }
        return output
    }

    /// What it says of each client.
    func clients() throws -> [String: [String: Any]] {
        let text = try control("--dump-json")
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        guard let clients = object as? [String: [String: Any]] else {
            throw TestFailure("mandos-ctl: \(text)")
        }
        return clients
    }
}
