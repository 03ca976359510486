internal import CShims.Linux
internal import Reactor

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
        let date = unsafe [
            padded(time.tm_year + 1900, 4), padded(time.tm_mon + 1), padded(time.tm_mday),
        ]
        let clock = unsafe [padded(time.tm_hour), padded(time.tm_min), padded(time.tm_sec)]
        return "\(date.joined(separator: "-")) \(clock.joined(separator: ":")),"
            + Digits.padded(Int64(milliseconds), to: 3)
    }

    private static func padded(_ number: CInt, _ width: Int = 2) -> String {
        Digits.padded(Int64(number), to: width)
    }
}
