/// A line of the log on standard error: `DATE TIME PROGRAM [PID]: LEVEL: MESSAGE`.
struct LogLine {
    let level: String
    let message: String

    init?(_ line: String) {
        let parts = line.split(separator: ": ", maxSplits: 2)
        guard parts.count == 3, parts[0].hasSuffix("]") else { return nil }
        level = String(parts[1])
        message = String(parts[2])
    }
}
