internal import CShims.Avahi
internal import Reactor

/// Passes on what avahi-core has to say. Some of it is about packets that anybody may send, so it is
/// limited.
final class AvahiLog {
    /// avahi gives its log function no context.
    private nonisolated(unsafe) static var current: AvahiLog?

    private let loop: EventLoop
    private let log: Log
    private var limit = LineLimit(20, per: .seconds(60))

    /// From now on avahi's lines come here instead of to standard error.
    static func start(_ log: Log, on loop: EventLoop) {
        unsafe current = AvahiLog(log, loop)
        unsafe avahi_set_log_function { level, text in
            guard let text = unsafe text else { return }
            unsafe AvahiLog.current?.pass(level, String(cString: text))
        }
    }

    private init(_ log: Log, _ loop: EventLoop) {
        self.log = log
        self.loop = loop
    }

    private func pass(_ level: AvahiLogLevel, _ text: String) {
        let level = Self.level(level)
        guard level >= log.threshold else { return }
        guard level > .debug else { return log.debug("avahi: \(text)") }
        switch limit.line(at: loop.now) {
        case .leaveOut: return
        case .write(before: 0): break
        case .write(let before): log.warning("avahi: lines left out, as there are many: \(before)")
        }
        log.write(level, "avahi: \(text)")
    }

    private static func level(_ level: AvahiLogLevel) -> LogLevel {
        switch level {
        case AVAHI_LOG_ERROR: .error
        case AVAHI_LOG_WARN: .warning
        case AVAHI_LOG_NOTICE, AVAHI_LOG_INFO: .info
        default: .debug
        }
    }
}
