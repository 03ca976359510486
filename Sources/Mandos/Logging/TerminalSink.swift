internal import CShims.Linux

/// Writes to a terminal, in debug mode.
///
/// Here a line is waited for, and none is lost: whoever stops the terminal stops the server.
package final class TerminalSink: LogSink {
    private let program: String
    private let descriptor: CInt

    /// - Parameters:
    ///   - program: name of the program, without its directory.
    ///   - descriptor: stays the caller's, who keeps it open; normally standard error.
    package init(program: String, descriptor: CInt = STDERR_FILENO) {
        self.program = program
        self.descriptor = descriptor
    }

    package func write(_ level: LogLevel, _ message: String) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        var fields = unsafe tm()
        unsafe localtime_r(&now.tv_sec, &fields)
        let time = unsafe Self.text(of: fields, milliseconds: Int(now.tv_nsec) / 1_000_000)
        let line = "\(time) \(program) [\(getpid())]: \(level.label): \(message)\n"
        StandardStream.write(line, to: descriptor)
    }

    /// `YYYY-MM-DD HH:MM:SS,mmm`
    static func text(of time: tm, milliseconds: Int) -> String {
        unsafe padded(Int(time.tm_year) + 1900, 4) + "-" + padded(Int(time.tm_mon) + 1, 2) + "-"
            + padded(Int(time.tm_mday), 2) + " " + padded(Int(time.tm_hour), 2) + ":"
            + padded(Int(time.tm_min), 2) + ":" + padded(Int(time.tm_sec), 2) + ","
            + padded(milliseconds, 3)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
