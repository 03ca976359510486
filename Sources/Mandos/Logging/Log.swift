/// The log of the server. One event is one line; what a line costs is paid only if it is written.
///
/// Texts that come from elsewhere (names in certificates, host names, errors of libraries) cannot
/// forge a line or steer a terminal: control characters leave here escaped. Secrets do not belong
/// into a text in the first place.
package final class Log {
    /// Lines below it are not written, and their texts not even made.
    package var threshold: LogLevel
    private let sinks: [any LogSink]

    package init(threshold: LogLevel, sinks: [any LogSink]) {
        self.threshold = threshold
        self.sinks = sinks
    }

    /// The operator must act now: the server cannot do its work.
    package func critical(_ text: @autoclosure () -> String) {
        if .critical >= threshold { pass(.critical, text()) }
    }

    /// The operator must act now: a part of the work is not done.
    package func error(_ text: @autoclosure () -> String) {
        if .error >= threshold { pass(.error, text()) }
    }

    /// The operator should look at this soon.
    package func warning(_ text: @autoclosure () -> String) {
        if .warning >= threshold { pass(.warning, text()) }
    }

    /// Nobody needs to act.
    package func info(_ text: @autoclosure () -> String) {
        if .info >= threshold { pass(.info, text()) }
    }

    /// For whoever looks for a fault.
    package func debug(_ text: @autoclosure () -> String) {
        if .debug >= threshold { pass(.debug, text()) }
    }

    package func write(_ level: LogLevel, _ text: @autoclosure () -> String) {
        if level >= threshold { pass(level, text()) }
    }

    /// Not copied to wherever something is logged.
    @inline(never)
    private func pass(_ level: LogLevel, _ text: String) {
        let message = LogText.sanitized(text)
        for sink in sinks { sink.write(level, message) }
    }
}
