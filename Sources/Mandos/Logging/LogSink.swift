/// Where log lines go.
package protocol LogSink: AnyObject {
    /// - Parameters:
    ///   - level: already compared with the threshold.
    ///   - message: one line without a line feed, sanitised, of at most `LogText.bytesMax` bytes.
    func write(_ level: LogLevel, _ message: String)
}
