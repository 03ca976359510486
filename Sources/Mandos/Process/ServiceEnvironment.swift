internal import CShims.Linux

/// What a service manager has written into the environment for this process alone: sd_notify(3),
/// sd_watchdog_enabled(3), sd_listen_fds(3).
struct ServiceEnvironment: Equatable {
    /// An open descriptor, and the name by which the service manager calls it.
    struct PassedSocket: Equatable {
        var number: CInt
        /// nil if it has none.
        var name: String?
    }

    /// Where it listens: a path, or `@` and an abstract name of unix(7). nil: it is told nothing.
    var notifySocket: String?
    /// It takes this process for hung when it has heard nothing for so long. nil: never.
    var watchdog: Duration?
    var sockets: [PassedSocket] = []

    private static let variables: [StaticString] = [
        "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS",
        "LISTEN_FDNAMES",
    ]
    /// SD_LISTEN_FDS_START of sd_listen_fds(3).
    private static let firstDescriptor = 3
    private static let socketsMax = 1024

    /// Removes all of it, so that no checker takes it for its own.
    static func take() -> ServiceEnvironment {
        let environment = ServiceEnvironment(process: getpid()) { name in
            unsafe getenv(name.description).map { unsafe String(cString: $0) }
        }
        for name in variables { unsafe unsetenv(name.description) }
        return environment
    }

    init() {}

    /// - Parameters:
    ///   - process: the ID of this process; what is meant for another one does not count.
    ///   - value: of an environment variable.
    init(process: pid_t, value: (StaticString) -> String?) {
        func number(_ name: StaticString) -> Int? { value(name).flatMap(DecimalInteger.parse) }
        if let path = value("NOTIFY_SOCKET"), path.utf8.count > 1,
            path.utf8.first == UInt8(ascii: "/") || path.utf8.first == UInt8(ascii: "@")
        {
            notifySocket = path
        }
        if let microseconds = number("WATCHDOG_USEC"), microseconds > 0,
            number("WATCHDOG_PID") ?? Int(process) == Int(process)
        {
            watchdog = .microseconds(microseconds)
        }
        guard number("LISTEN_PID") == Int(process), let count = number("LISTEN_FDS"),
            1...Self.socketsMax ~= count
        else { return }
        let names = Self.names(value("LISTEN_FDNAMES"))
        sockets = (0..<count).map {
            PassedSocket(
                number: CInt(Self.firstDescriptor + $0), name: $0 < names.count ? names[$0] : nil)
        }
    }

    /// `unknown` is how systemd calls what nobody has named.
    private static func names(_ text: String?) -> [String?] {
        guard let text else { return [] }
        return text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }.map { $0.isEmpty || $0 == "unknown" ? nil : $0 }
    }

    /// Which of the sockets to serve on: the first one that is called `mandos`, or the only one if
    /// that has no name.
    var listener: PassedSocket? {
        if let named = sockets.first(where: { $0.name == "mandos" }) { return named }
        guard sockets.count == 1, sockets[0].name == nil else { return nil }
        return sockets[0]
    }
}

extension ServerSettings {
    /// Serves on the socket of the service manager, if there is one, unless another was named. What
    /// address and port it has was decided there.
    mutating func adopt(_ environment: ServiceEnvironment) {
        guard socket == nil, let listener = environment.listener else { return }
        socket = Int(listener.number)
        address = ""
        port = nil
    }
}
