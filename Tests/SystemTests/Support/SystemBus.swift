import CShims.Linux
import Foundation

/// A system bus of a test's own, on which the server and its tools meet: Debian's dbus-daemon.
final class SystemBus {
    enum Policy {
        /// Everybody may do everything.
        case open
        /// That of a Debian system, with the file that this project has for it.
        case shipped
    }

    private let directory: TemporaryDirectory
    private var daemon: Program?

    var path: String { directory.path + "/bus" }
    var address: String { "unix:path=\(path)" }

    /// What tools have to be told to use it.
    var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(
            ["DBUS_SYSTEM_BUS_ADDRESS": address, "LC_ALL": "C.UTF-8"]
        ) { $1 }
    }

    /// Runs one while `body` does.
    static func run(_ policy: Policy = .open, _ body: (SystemBus) throws -> Void) throws {
        let bus = try SystemBus(policy)
        defer { bus.remove() }
        try bus.start()
        try body(bus)
    }

    /// - Parameters:
    ///   - policy: of who may do what.
    ///   - limits: `<limit>` elements of dbus-daemon(1).
    init(_ policy: Policy = .open, limits: String = "") throws {
        directory = try TemporaryDirectory()
        let rules =
            switch policy {
            case .open:
                """
                <policy context="default">
                  <allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/>
                  <allow send_type="*"/><allow receive_type="*"/><allow eavesdrop="true"/>
                </policy>
                """
            // What /usr/share/dbus-1/system.conf says of what concerns us: everybody may connect,
            // send signals and hear the bus, but call nobody and own nothing.
            case .shipped:
                """
                <policy context="default">
                  <allow user="*"/><deny own="*"/><deny send_type="method_call"/>
                  <allow send_type="signal"/>
                  <allow send_requested_reply="true" send_type="method_return"/>
                  <allow send_requested_reply="true" send_type="error"/>
                  <allow receive_type="method_call"/><allow receive_type="method_return"/>
                  <allow receive_type="error"/><allow receive_type="signal"/>
                  <allow send_destination="org.freedesktop.DBus"/>
                </policy>
                <include>\(Self.policyFile)</include>
                """
            }
        let text = """
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <type>system</type><listen>\(address)</listen><auth>EXTERNAL</auth>
              \(limits)\(rules)
            </busconfig>
            """
        try directory.write("bus.conf", text.utf8)
    }

    /// The file that belongs to /etc/dbus-1/system.d.
    static let policyFile = Repository.path("etc/dbus-1/system.d/mandos.conf")

    /// Returns when it can be connected to.
    func start() throws {
        let program = try Program([
            "dbus-daemon", "--config-file", directory.path + "/bus.conf", "--nofork",
            "--nopidfile", "--nosyslog", "--print-address",
        ])
        daemon = program
        try program.output.first("an address") { $0.hasPrefix("unix:") }
        chmod(path, 0o666)
    }

    func stop() {
        daemon?.end()
        daemon = nil
        unlink(path)
    }

    /// It keeps its connections, but does nothing until it is resumed, or stopped.
    func suspend() { daemon?.send(SIGSTOP) }
    func resume() { daemon?.send(SIGCONT) }

    func remove() {
        stop()
        directory.remove()
    }

    /// Runs a program that uses it.
    ///
    /// - Parameter user: who runs it; only root can become somebody else.
    func run(
        _ path: String, _ arguments: [String], as user: String? = nil
    ) throws -> (status: CInt, output: String, error: String) {
        var command = [path] + arguments
        if let user {
            command =
                ["setpriv", "--reuid", user, "--regid", user == "nobody" ? "nogroup" : user]
                + ["--init-groups"] + command
        }
        return try Program.run(
            command[0], Array(command.dropFirst()), environment: environment)
    }

    /// Calls a method of the server with busctl(1).
    func call(
        _ path: String, _ interface: String, _ member: String, _ arguments: String...,
        as user: String? = nil
    ) throws -> (status: CInt, output: String, error: String) {
        try run(
            "busctl",
            ["--system", "--timeout=30", "call", "se.recompile.Mandos", path, interface, member]
                + arguments, as: user)
    }

    /// Waits until a name on it has an owner.
    func waitForName(_ name: String = "se.recompile.Mandos") throws {
        let deadline = Deadline()
        while true {
            let (_, output, _) = try run(
                "busctl",
                [
                    "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                    "org.freedesktop.DBus", "NameHasOwner", "s", name,
                ])
            if output == "b true\n" { return }
            if deadline.hasPassed { throw TestFailure("nobody owns \(name)") }
        }
    }
}
