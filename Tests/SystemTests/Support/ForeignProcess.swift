import CShims.Linux
import Foundation

/// A process that is no child of the test. Known by its pidfd, so that it is never another one.
final class ForeignProcess {
    let pid: pid_t
    private let pidfd: CInt

    init(_ pid: pid_t) throws {
        self.pid = pid
        pidfd = cshim_pidfd_open(pid)
        guard pidfd >= 0 else { throw TestFailure("there is no process \(pid)") }
    }

    deinit { close(pidfd) }

    var isGone: Bool {
        var descriptor = pollfd(fd: pidfd, events: CShort(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    func send(_ signal: CInt) { if !isGone { kill(pid, signal) } }

    func waitForEnd(by deadline: Deadline = Deadline()) throws {
        var descriptor = pollfd(fd: pidfd, events: CShort(POLLIN), revents: 0)
        while poll(&descriptor, 1, deadline.milliseconds) <= 0 {
            if deadline.hasPassed { throw TestFailure("process \(pid) does not end") }
        }
    }

    /// Ends it in good order, or else kills it.
    func end() {
        send(SIGTERM)
        if (try? waitForEnd(by: Deadline(.seconds(10)))) == nil { send(SIGKILL) }
    }

    /// A line of /proc/PID/status, with blanks for tabulators.
    func status(_ name: String) throws -> String {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") })
        else { throw TestFailure("no \(name)") }
        return line.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }

    /// Where its descriptors lead, by number.
    func descriptors() throws -> [Int: String] {
        let directory = "/proc/\(pid)/fd"
        var found: [Int: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            guard let number = Int(name) else { continue }
            found[number] = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(directory)/\(name)")
        }
        return found
    }

    func workingDirectory() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
    }

    func children() throws -> [ForeignProcess] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard let id = pid_t(name) else { return nil }
            let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
            guard status?.contains("\nPPid:\t\(pid)\n") == true else { return nil }
            return try ForeignProcess(id)
        }
    }
}
