@testable import Mandos

/// Keeps what it is given.
final class RecordingSink: LogSink {
    private(set) var lines: [String] = []

    func write(_ level: LogLevel, _ message: String) { lines.append("\(level.label): \(message)") }

    /// Whether a line of that level contains `part`.
    func contains(_ level: LogLevel, _ part: String) -> Bool {
        lines.contains { $0.hasPrefix("\(level.label): ") && $0.contains(part) }
    }
}
