internal import Reactor

/// How the start of the daemon went: what it tells the process that was called.
struct LaunchReport: Equatable {
    /// Of the launching process.
    let status: CInt
    /// For the operator; without the name of the program.
    let lines: [String]

    static let ready = LaunchReport(status: 0, lines: [])

    /// What is reported of a daemon that could report nothing.
    static let silence = LaunchReport(
        status: 1, lines: ["the daemon ended without a word while it started; see the system log"])

    init(status: CInt, lines: [String]) {
        self.status = status
        self.lines = lines
    }

    /// The lines, a NUL, which is in none of them, and the status.
    var encoded: [UInt8] {
        let text = lines.map { LogText.sanitized($0) + "\n" }.joined()
        return Array(text.utf8) + [0, UInt8(truncatingIfNeeded: status)]
    }

    /// nil as long as it is not complete.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: 0), end + 1 < bytes.count else { return nil }
        status = CInt(bytes[end + 1])
        lines = bytes[..<end].split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
