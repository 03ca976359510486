/// One message to the service manager, in the words of sd_notify(3).
enum ServiceMessage: Equatable {
    case ready(status: String)
    case status(String)
    /// At that time of CLOCK_MONOTONIC; to be followed by `ready`.
    case reloading(monotonicMicroseconds: Int64)
    case stopping(status: String)
    case alive

    var text: String {
        switch self {
        case .ready(let status): "READY=1\nSTATUS=\(LogText.sanitized(status))"
        case .status(let status): "STATUS=\(LogText.sanitized(status))"
        case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
        case .stopping(let status): "STOPPING=1\nSTATUS=\(LogText.sanitized(status))"
        case .alive: "WATCHDOG=1"
        }
    }
}
