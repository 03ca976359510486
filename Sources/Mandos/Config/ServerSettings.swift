/// What mandos.conf(5) and the command line decide together.
package struct ServerSettings: Equatable {
    /// Empty: all interfaces.
    package var interface = ""
    /// Empty: any address.
    package var address = ""
    /// nil: the kernel chooses. Never 0; not checked for its range otherwise.
    package var port: Int?
    package var isDebugging = false
    /// GnuTLS priority string.
    package var priority = Self.defaultPriority.description
    package var serviceName = "Mandos"
    package var usesDBus = true
    package var usesIPv6 = true
    /// Whether saved state is loaded. It is saved in any case.
    package var restoresState = true
    package var stateDirectory = "/var/lib/mandos"
    /// How often it is saved how clients are doing.
    package var saveInterval: Duration = .seconds(15 * 60)
    /// Number of an inherited descriptor. 0 is one.
    package var socket: Int?
    package var staysInForeground = false
    package var announcement = Announcement.zeroconf
    package var limits = ConnectionLimits()

    /// Empty: the default.
    private(set) var debugLevel = ""
    private(set) var debugLevelPlace = Place(file: "mandos.conf")

    /// How peers may find the server.
    package enum Announcement: Equatable {
        case none
        case zeroconf
    }

    /// Raw public keys (RFC 7250) over TLS 1.3 with at least 128 bits of security.
    package static let defaultPriority: StaticString =
        "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA"

    /// As when there is neither a file nor an option.
    package init() {}

    /// True if nobody could find the server: it is not announced, and listens where nobody knows.
    package var lacksPort: Bool { announcement == .none && port == nil && socket == nil }

    /// `debug` means DEBUG, whatever the level says.
    ///
    /// - Throws: when the level has an unknown name.
    package func logLevel() throws(ConfigError) -> LogLevel {
        if let level = LogLevel.threshold(debug: isDebugging, name: debugLevel) { return level }
        let found = Quotation.quoted([UInt8](debugLevel.utf8).span)
        throw ConfigError(
            place: debugLevelPlace, problem: "expected a log level such as INFO, found \(found)")
    }

    mutating func setDebugLevel(_ name: String, at place: Place) {
        debugLevel = name
        debugLevelPlace = place
    }
}
