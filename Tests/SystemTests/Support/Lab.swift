import Foundation
import Testing

/// A few hosts on one link, made of namespaces by `Tests/rig/netns-rig`, and gone with the test.
final class Lab {
    static let rig: String = {
        let tests = URL(fileURLWithPath: #filePath).pathComponents.dropLast(3)
        return tests.joined(separator: "/") + "/rig/"
    }()

    /// Of `netns-rig`, see its --help.
    struct Setup {
        var hosts = ["server", "client"]
        /// Such as `avahi` or `syslog`.
        var daemons: [String: String] = [:]
        var options: [String] = []
    }

    private let program: Program
    private let input: CInt
    private var commands = 0
    /// Files in it are seen by all hosts.
    let directory: String

    static func run(_ setup: Setup = Setup(), _ body: (Lab) throws -> Void) throws {
        let lab = try Lab(setup)
        defer { lab.tearDown() }
        try body(lab)
    }

    private init(_ setup: Setup) throws {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFailure("pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        input = ends[1]
        defer { close(ends[0]) }
        let daemons = setup.daemons.flatMap { ["--daemons", "\($0.key)=\($0.value)"] }
        program = try Program(
            [Self.rig + "netns-rig", "--hosts", setup.hosts.joined(separator: ","), "--timeout"]
                + ["600"] + daemons + setup.options
                + ["--run", "lab: echo \"ready $RIG_TMP\"; exec bash"],
            standardInput: ends[0])
        let ready = try program.output.first("ready") { $0.hasPrefix("ready ") }
        directory = String(ready.dropFirst("ready ".count))
    }

    /// The rig takes everything in it along.
    private func tearDown() {
        close(input)
        program.send(SIGTERM)
        _ = try? program.waitForExit()
        program.end()
    }

    /// Runs a shell command on a host, to its end.
    ///
    /// - Returns: what it wrote, without the last line feed.
    @discardableResult
    func on(_ host: String, _ command: String) throws -> String {
        let outcome = try attempt(host, command)
        guard outcome.status == 0 else {
            throw TestFailure(
                "\(host): \(command): status \(outcome.status): \(outcome.output)\n" + logs())
        }
        return outcome.output
    }

    func attempt(_ host: String, _ command: String) throws -> (status: Int, output: String) {
        commands += 1
        let end = "END-\(commands) "
        let quoted = "'" + command.replacingOccurrences(of: "'", with: "'\\''") + "'"
        let from = program.output.lines.count
        try write("rig on \(host) bash -c \(quoted) </dev/null 2>&1; printf '\\n\(end)%s\\n' $?\n")
        let last = try program.output.first(from: from, by: Deadline(.seconds(120)), command) {
            $0.hasPrefix(end)
        }
        var lines = Array(program.output.lines.dropFirst(from).prefix { $0 != last })
        if lines.last == "" { lines.removeLast() }
        return (Int(last.dropFirst(end.count)) ?? -1, lines.joined(separator: "\n"))
    }

    /// Starts a shell command on a host, whose output goes to the file `NAME.log`. Its process id is
    /// in `NAME.pid`, and its exit status at its end in `NAME.status`.
    func start(_ name: String, on host: String, _ command: String) throws {
        let quoted =
            "'"
            + "echo $$ >\(directory)/\(name).pid; \(command)"
            .replacingOccurrences(of: "'", with: "'\\''") + "'"
        let file = "\(directory)/\(name)"
        try write(
            "{ rig on \(host) bash -c \(quoted) </dev/null >\(file).log 2>&1; "
                + "echo $? >\(file).status; } &\n")
    }

    /// Repeats a command until it succeeds.
    func wait(_ host: String, seconds: Int = 30, _ command: String) throws {
        try on(
            host,
            """
            end=$((SECONDS + \(seconds)))
            until { \(command)
            } >/dev/null 2>&1; do
                [ $SECONDS -lt $end ] || { echo "not within \(seconds) s"; exit 1; }
                sleep 0.05
            done
            """)
    }

    private func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.write(input, bytes, bytes.count) == bytes.count else {
            throw TestFailure("the rig has ended: \(program.error.lines)")
        }
    }

    func log(_ name: String) -> String {
        (try? String(contentsOfFile: "\(directory)/\(name).log", encoding: .utf8)) ?? ""
    }

    /// For messages of failed tests.
    private func logs() -> String {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { $0.hasSuffix(".log") || $0.hasSuffix(".syslog") }.map { file in
            let text = (try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").filter { !$0.contains(": GnuTLS: ") }
            return "--- \(file)\n" + lines.suffix(40).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
