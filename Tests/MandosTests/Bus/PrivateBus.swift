import CShims.Linux
import Foundation

/// A message bus of a test's own: Debian's dbus-daemon in a directory of its own.
final class PrivateBus {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/dbus-daemon")

    let path: String
    private let directory: String
    private var daemon: Process?

    var address: String { "unix:path=\(path)" }

    /// - Parameter policy: in place of the one that allows everything.
    init(policy: String = PrivateBus.everything) throws {
        var template = Array("/tmp/mandos-test-bus-XXXXXX".utf8CString)
        directory = String(cString: mkdtemp(&template))
        path = directory + "/socket"
        let text = """
            <busconfig>
              <listen>unix:path=\(path)</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/><allow send_type="*"/><allow receive_type="*"/>
                \(policy)
              </policy>
            </busconfig>
            """
        try text.write(toFile: directory + "/config", atomically: false, encoding: .utf8)
    }

    static let everything = """
        <allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
        """

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Returns when it can be connected to.
    func start() throws {
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/dbus-daemon")
        process.arguments = [
            "--config-file", directory + "/config", "--nofork", "--nopidfile", "--nosyslog",
            "--print-address",
        ]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        daemon = process
        var byte = output.fileHandleForReading.readData(ofLength: 1)
        while !byte.isEmpty, byte != Data("\n".utf8) {
            byte = output.fileHandleForReading.readData(ofLength: 1)
        }
    }

    func stop() {
        guard let daemon else { return }
        kill(daemon.processIdentifier, SIGKILL)
        daemon.waitUntilExit()
        self.daemon = nil
        unlink(path)
    }

    /// It keeps its connections, but does nothing until it is resumed.
    func suspend() { daemon.map { _ = kill($0.processIdentifier, SIGSTOP) } }
    func resume() { daemon.map { _ = kill($0.processIdentifier, SIGCONT) } }
}
