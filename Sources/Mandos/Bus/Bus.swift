package import Reactor

/// Who wants to use the bus whenever there is one.
package protocol BusUser: AnyObject {
    /// There is a new connection. Whatever is wanted has to be registered on it.
    func busOpened(_ connection: BusConnection)
    /// The connection has ended, and what was registered on it. There may be another one later.
    func busLost()
}

/// The system bus: connects to it as soon as there is one, and again when it was gone. Neither that
/// it is missing nor that it does not answer holds anything up.
package final class Bus {
    private let loop: EventLoop
    private let log: Log
    private let addresses: [String]
    private var users: [any BusUser] = []

    package private(set) var connection: BusConnection?
    private var retry: Timer?
    private var backOff: BackOff
    private var addressesLeft: ArraySlice<String> = []
    private var isStopped = true
    /// Whether the log knows that there is no bus.
    private var isMissed = false
    private var lastProblem = ""

    package init(
        on loop: EventLoop, log: Log, addresses: [String] = BusAddress.system,
        backOff: BackOff = BackOff(first: .milliseconds(250), limit: .seconds(30))
    ) {
        self.loop = loop
        self.log = log
        self.addresses = addresses
        self.backOff = backOff
    }

    /// - Parameter user: held until `stop`. Told at once if there is a connection already.
    package func add(_ user: any BusUser) {
        users.append(user)
        if let connection, connection.isOpen { user.busOpened(connection) }
    }

    package func start() {
        isStopped = false
        addressesLeft = addresses[...]
        connect()
    }

    /// Ends the connection, and makes no other. Users are not told.
    package func stop() {
        isStopped = true
        retry = nil
        connection?.close()
        connection = nil
        users = []
    }

    /// Tries one address after the other; when none is left, waits.
    private func connect() {
        while let address = addressesLeft.popFirst() {
            do throws(BusError) {
                guard BusAddress.isLocal(address) else {
                    throw BusError(.failed, "only addresses that start with “unix:” are supported")
                }
                connection = try BusConnection(
                    to: address, on: loop, opened: { [self] in opened() },
                    lost: { [self] in lost($0) })
                return
            } catch {
                lastProblem = "cannot connect to the D-Bus system bus, \(address): \(error.message)"
            }
        }
        waitForNextTry()
    }

    private func waitForNextTry() {
        if !isMissed {
            isMissed = true
            log.warning("\(lastProblem); trying again, with pauses")
        }
        retry = loop.timer(after: backOff.span()) { [self] in
            addressesLeft = addresses[...]
            connect()
        }
    }

    private func opened() {
        guard let connection else { return }
        if isMissed { log.info("connected to the D-Bus system bus") }
        isMissed = false
        log.debug("on the D-Bus system bus as \(connection.uniqueName ?? "nobody")")
        for user in users where !isStopped && connection.isOpen { user.busOpened(connection) }
    }

    private func lost(_ reason: String) {
        let openedAt = connection?.openedAt
        connection = nil
        lastProblem =
            "\(openedAt == nil ? "cannot connect to" : "lost") the D-Bus system bus: \(reason)"
        if let openedAt {
            // A bus that takes us and drops us again and again is no better than none.
            if loop.now - openedAt > backOff.limit { backOff.reset() }
            addressesLeft = []
            for user in users { user.busLost() }
        }
        if !isStopped { addressesLeft.isEmpty ? waitForNextTry() : connect() }
    }
}
