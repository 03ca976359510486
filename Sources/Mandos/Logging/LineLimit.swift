package import Reactor

/// Bounds how many lines somebody else makes us log.
package struct LineLimit {
    package enum Verdict: Equatable {
        /// - Parameter before: lines that were left out since the last one.
        case write(before: Int)
        case leaveOut
    }

    private let count: Int
    private let span: Duration
    private var start: Instant?
    private var written = 0
    private var leftOut = 0

    /// At most `count` in each `span`.
    package init(_ count: Int, per span: Duration) {
        self.count = count
        self.span = span
    }

    package mutating func line(at now: Instant) -> Verdict {
        if now - (start ?? now) >= span || start == nil {
            start = now
            written = 0
        }
        guard written < count else {
            leftOut += 1
            return .leaveOut
        }
        written += 1
        defer { leftOut = 0 }
        return .write(before: leftOut)
    }
}

extension Log {
    /// A line as far as its limit allows, with the number of those that were left out before it. They
    /// are written at DEBUG.
    package func write(
        _ level: LogLevel, _ text: String, within limit: inout LineLimit, at now: Instant
    ) {
        switch limit.line(at: now) {
        case .leaveOut: debug(text)
        case .write(before: 0): write(level, text)
        case .write(let before): write(level, "\(text); and \(before) more like this before")
        }
    }
}
