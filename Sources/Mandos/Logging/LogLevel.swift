/// How bad it is, and so who must act: mandos(8), LOGGING. The worse, the greater.
package enum LogLevel: UInt8, Comparable, CaseIterable, Sendable {
    case debug, info, warning, error, critical

    /// The names of mandos(8) in any case, and those of Python's logging module besides: `FATAL`,
    /// `WARN`, and `NOTSET`, which lets everything through.
    package init?(name: String) {
        switch name.utf8.map({ $0.uppercasedASCII }) {
        case Array("CRITICAL".utf8), Array("FATAL".utf8): self = .critical
        case Array("ERROR".utf8): self = .error
        case Array("WARNING".utf8), Array("WARN".utf8): self = .warning
        case Array("INFO".utf8): self = .info
        case Array("DEBUG".utf8), Array("NOTSET".utf8): self = .debug
        default: return nil
        }
    }

    /// The level from which on lines are written.
    ///
    /// - Parameters:
    ///   - debug: asks for all of them, whatever `name` says.
    ///   - name: an empty one means `WARNING`.
    /// - Returns: nil if there is no level of that name.
    package static func threshold(debug: Bool, name: String) -> LogLevel? {
        if debug { return .debug }
        return name.isEmpty ? .warning : LogLevel(name: name)
    }

    /// As it stands in log lines.
    package var label: String {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }

    /// Number of the severity in syslog(3).
    var severity: Int {
        switch self {
        case .debug: 7
        case .info: 6
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension UInt8 {
    fileprivate var uppercasedASCII: UInt8 {
        self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self & 0xDF : self
    }
}
