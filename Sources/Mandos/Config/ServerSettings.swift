/// What mandos.conf(5) and the command line decide together.
package struct ServerSettings: Equatable {
    /// Empty: all interfaces.
    package var interface = ""
    /// Empty: any address.
    package var address = ""
    /// nil: the kernel chooses. Never 0; not checked for its range otherwise.
    package var port: Int?
    package var isDebugging = false
    package var usesDBus = true
    package var usesIPv6 = true
    /// Whether saved state is loaded. It is saved in any case.
    package var restoresState = true
    package var stateDirectory = "/var/lib/mandos"
    /// How often it is saved how clients are doing.
    package var saveInterval: Duration = .seconds(15 * 60)
    /// For how long what was saved of clients is kept that clients.conf does not have any more.
    package var revocationsKept = Self.revocationsKeptByDefault
    /// Number of an inherited descriptor. 0 is one.
    package var socket: Int?
    package var staysInForeground = false
    package var zeroconf = ZeroconfMode.automatic
    /// Strings of the TXT record.
    package var serviceTexts: [[UInt8]] = []
    /// Whether the default checker is carried out without starting a program.
    package var usesNativeChecks = false
    package var limits = ConnectionLimits()
    package var remarks = SettingRemarks()

    /// GnuTLS priority string.
    package private(set) var priority = Self.defaultPriority.description
    package private(set) var priorityPlace = Place(file: "mandos.conf")

    package private(set) var serviceName = "Mandos"
    private(set) var serviceNamePlace = Place(file: "mandos.conf")

    /// Empty: the default.
    private(set) var debugLevel = ""
    private(set) var debugLevelPlace = Place(file: "mandos.conf")

    /// Raw public keys (RFC 7250) over TLS 1.3 with at least 128 bits of security. A peer chooses
    /// among the groups: those of RFC 7919 would cost up to 282 ms, curves 1.4 ms at most.
    package static let defaultPriority: StaticString = """
        SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA:\
        -GROUP-ALL:+GROUP-EC-ALL
        """

    /// A year.
    package static let revocationsKeptByDefault: Duration = .seconds(365 * 86_400)

    /// As when there is neither a file nor an option.
    package init() {}
    /// True if nobody could find the server: it is not announced, and listens where nobody knows.
    package var lacksPort: Bool { zeroconf == .none && port == nil && socket == nil }

    /// `debug` means DEBUG, whatever the level says.
    ///
    /// - Throws: when the level has an unknown name.
    package func logLevel() throws(ConfigError) -> LogLevel {
        if let level = LogLevel.threshold(debug: isDebugging, name: debugLevel) { return level }
        let found = Quotation.quoted([UInt8](debugLevel.utf8).span)
        throw ConfigError(
            place: debugLevelPlace, problem: "expected a log level such as INFO, found \(found)")
    }

    /// - Throws: when the service is to be announced, and cannot be under that name: it is one label
    ///   of a domain name (RFC 6763, section 4.1.1).
    package func checkServiceName() throws(ConfigError) {
        guard zeroconf != .none, !(1...63).contains(serviceName.utf8.count) else { return }
        let found = Quotation.quoted([UInt8](serviceName.utf8).span)
        throw ConfigError(
            place: serviceNamePlace,
            problem: "expected a service name of 1 to 63 bytes, found \(found)")
    }

    package mutating func setPriority(_ text: String, at place: Place) {
        priority = text
        priorityPlace = place
    }

    /// 0 is none.
    mutating func setPort(_ number: Int?, at place: Place) {
        port = number == 0 ? nil : number
        remarks.portPlace = place
    }

    mutating func setServiceName(_ name: String, at place: Place) {
        serviceName = name
        serviceNamePlace = place
    }

    mutating func setDebugLevel(_ name: String, at place: Place) {
        debugLevel = name
        debugLevelPlace = place
    }
}
