internal import Reactor

/// Announces through the avahi-daemon of this host, by its D-Bus interface. One of these is for one
/// daemon on one connection: when either is gone, so is what was registered.
final class DaemonBackend: AnnouncementBackend {
    /// `AvahiServerState` of <avahi-common/defs.h>.
    private enum ServerState { static let registering: Int32 = 1, running: Int32 = 2 }

    private let announcement: Announcement
    private let names: ServiceNames
    private let connection: BusConnection
    private let owner: String
    private let loop: EventLoop
    private let log: Log
    private let failed: (String) -> Bool

    private var stateChanges: BusSlot?
    private var question: BusSlot?
    private var isRunning = false
    private var addresses: NetworkAddresses?
    private var interface: Interface?
    private var entry: DaemonEntry?
    private var retry: Timer?
    private var backOff = BackOff(first: .seconds(2), limit: .seconds(300))

    /// On which it is announced now.
    private enum Interface: Equatable {
        case all
        case index(UInt32)
        case missing
    }

    /// - Parameter failed: called with what the daemon does not do; returns whether somebody else
    ///   has taken over, instead of trying again.
    init(
        _ announcement: Announcement, names: ServiceNames, through connection: BusConnection,
        owner: String, on loop: EventLoop, log: Log, failed: @escaping (String) -> Bool
    ) {
        self.announcement = announcement
        self.names = names
        self.connection = connection
        self.owner = owner
        self.loop = loop
        self.log = log
        self.failed = failed
    }

    func start() {
        do throws(BusError) {
            stateChanges = try connection.match(
                "type='signal',sender='\(owner)',path='/',"
                    + "interface='org.freedesktop.Avahi.Server',member='StateChanged'"
            ) { [self] message in serverIs(try? message.readInt32()) }
            question = try connection.call(
                BusConnection.Target(owner, "/", "org.freedesktop.Avahi.Server"), "GetState"
            ) { [self] reply in
                switch reply {
                case .success(let message): serverIs(try? message.readInt32())
                case .failure(let error): fail(error.text)
                }
            }
        } catch {
            fail(error.text)
        }
    }

    func stop() {
        stateChanges = nil
        question = nil
        addresses = nil
        retry = nil
        withdraw()
    }

    private func serverIs(_ state: Int32?) {
        isRunning = state == ServerState.running
        guard !isRunning else { return register() }
        retry = nil
        withdraw()
        // It says so again when it runs.
        if state != ServerState.registering {
            log.error("Zeroconf: avahi-daemon is in state \(state.map { "\($0)" } ?? "unknown")")
        }
    }

    private func withdraw() {
        entry?.withdraw()
        entry = nil
        interface = nil
    }

    /// In place of what is registered.
    private func register() {
        withdraw()
        let interface = currentInterface()
        self.interface = interface
        follow()
        let index: Int32
        switch interface {
        case .all: index = -1
        case .index(let number): index = Int32(clamping: number)
        case .missing:
            return log.warning(
                "Zeroconf: there is no interface \(announcement.interface); waiting for it")
        }
        let entry = DaemonEntry(
            announcement, name: names.current, interface: index, through: connection, owner: owner,
            report: { [self] in take($0) })
        self.entry = entry
        entry.start()
    }

    /// avahi-daemon wants the number of an interface, which another may have tomorrow.
    private func follow() {
        guard !announcement.interface.isEmpty, addresses == nil else { return }
        do throws(SystemError) {
            addresses = try NetworkAddresses(
                announcement.family, withInterfaces: true, on: loop,
                changed: { [self] _ in
                    if isRunning, currentInterface() != interface { register() }
                },
                failed: { [self] error in
                    addresses = nil
                    log.error("Zeroconf: interfaces are not followed any more: \(error.text)")
                })
        } catch {
            log.error("Zeroconf: interfaces are not followed: \(error.text)")
        }
    }

    private func currentInterface() -> Interface {
        guard !announcement.interface.isEmpty else { return .all }
        let index = SocketAddress.interfaceIndex(of: announcement.interface)
        return index.map { .index($0) } ?? .missing
    }

    private func take(_ event: DaemonEntry.Event) {
        switch event {
        case .established:
            backOff.reset()
            names.established()
            retry = names.retaking(on: loop) { [self] in if isRunning { register() } }
        case .collided:
            withdraw()
            let wait = names.collided(at: loop.now)
            retry = loop.timer(after: wait) { [self] in if isRunning { register() } }
        case .failed(let problem): fail(problem)
        }
    }

    private func fail(_ problem: String) {
        withdraw()
        guard !failed(problem) else { return }
        let wait = backOff.span()
        log.error(
            "Zeroconf: avahi-daemon: \(problem); next attempt in \(wait.components.seconds) s")
        retry = loop.timer(after: wait) { [self] in start() }
    }
}
