@testable import Mandos

/// Keeps what it is given.
final class RecordingSink: LogSink {
    private(set) var lines: [String] = []

    func write(_ level: LogLevel, _ message: String) { lines.append("\(level.label): \(message)") }
}
