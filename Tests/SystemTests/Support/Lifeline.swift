import CShims.Linux
import Foundation

/// A FIFO that everybody who is started by a command holds open: its end shows that nobody of them
/// is left.
struct Lifeline: ~Copyable {
    /// To be put in front of a shell command.
    let prefix: String
    private let descriptor: CInt

    init(in directory: TemporaryDirectory) throws {
        let path = directory.path + "/lifeline"
        guard mkfifo(path, 0o600) == 0, chmod(path, 0o666) == 0 else {
            throw TestFailure("mkfifo: \(errno)")
        }
        let raw = cshim_open(path, O_RDONLY | O_NONBLOCK, 0)
        guard raw >= 0 else { throw TestFailure("open: \(errno)") }
        descriptor = raw
        prefix = "exec 9>\(path); "
    }

    deinit { close(descriptor) }

    /// Waits until somebody has written a line, such as by `echo ready >&9`.
    func waitForLine(by deadline: Deadline = Deadline()) throws {
        while try read(1, by: deadline) != [UInt8(ascii: "\n")] {}
    }

    func waitUntilNobodyIsLeft(by deadline: Deadline = Deadline()) throws {
        while try !read(4096, by: deadline).isEmpty {}
    }

    /// Empty when nobody who could write is left.
    private func read(_ countMax: Int, by deadline: Deadline) throws -> [UInt8] {
        var event = pollfd(fd: descriptor, events: CShort(POLLIN), revents: 0)
        while poll(&event, 1, deadline.milliseconds) <= 0 {
            if deadline.hasPassed { throw TestFailure("somebody is left, or nobody speaks") }
        }
        var bytes = [UInt8](repeating: 0, count: countMax)
        return Array(bytes[..<max(0, Glibc.read(descriptor, &bytes, bytes.count))])
    }
}
