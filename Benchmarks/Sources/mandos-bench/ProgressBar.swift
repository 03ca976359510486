import Foundation
import LoadGenerator

/// One line on the terminal that changes; nothing if standard error is something else.
final class ProgressBar {
    private let isTerminal = isatty(2) == 1
    private static let width = 30

    func show(_ sample: RunReport.Sample, total: Int) {
        guard isTerminal else { return }
        let done = min(Self.width, sample.served * Self.width / max(total, 1))
        let bar =
            String(repeating: "█", count: done) + String(repeating: "░", count: Self.width - done)
        var text = "\(bar) \(sample.served) of \(total) served, \(sample.connections) connections"
        if let bytes = sample.residentBytes {
            text += String(format: ", server %.1f MiB", Double(bytes) / 1_048_576)
        }
        write("\r\u{1b}[K" + text)
    }

    func clear() { if isTerminal { write("\r\u{1b}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
