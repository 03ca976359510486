import Foundation

/// What a program writes to a pipe, line by line as it comes. A thread reads on all the time, so
/// that the program is never held up.
final class OutputLines: @unchecked Sendable {
    private let condition = NSCondition()
    private var received: [String] = []
    private var partial: [UInt8] = []
    private var hasEnded = false

    /// - Parameter descriptor: the reading end, which is closed at its end.
    init(reading descriptor: CInt) {
        Thread.detachNewThread { self.read(descriptor) }
    }

    /// All that have come so far.
    var lines: [String] { condition.withLock { received } }

    /// Everything, once the last writer has closed.
    func text(by deadline: Deadline = Deadline()) throws -> String {
        try condition.withLock {
            while !hasEnded {
                guard condition.wait(until: deadline.date) else {
                    throw TestFailure("the output did not end: \(received.suffix(10))")
                }
            }
            let last = String(decoding: partial, as: UTF8.self)
            return received.map { $0 + "\n" }.joined() + last
        }
    }

    /// The first line, from the given number on, that is wanted. Waits for it.
    @discardableResult
    func first(
        from number: Int = 0, by deadline: Deadline = Deadline(), _ what: String,
        where isWanted: (String) -> Bool
    ) throws -> String {
        try condition.withLock {
            var next = number
            while true {
                while next < received.count {
                    if isWanted(received[next]) { return received[next] }
                    next += 1
                }
                if hasEnded || !condition.wait(until: deadline.date) {
                    let tail = received.filter { !$0.contains(": GnuTLS: ") }.suffix(30)
                    throw TestFailure("no line with \(what) in:\n" + tail.joined(separator: "\n"))
                }
            }
        }
    }

    private func read(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            condition.withLock { take(buffer[..<count]) }
        }
        close(descriptor)
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        partial += bytes
        guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let complete = partial[..<end].split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        received += complete.map { String(decoding: $0, as: UTF8.self) }
        partial.removeSubrange(...end)
        condition.broadcast()
    }
}
