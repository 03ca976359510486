package import Reactor

/// Announces the server to the network until it is stopped. Nothing that happens here ends the
/// server: what fails is logged, and tried again.
package final class Announcer: BusUser {
    private let announcement: Announcement
    private let names: ServiceNames
    private let link: EmbeddedBackend.Link
    private let bus: Bus?
    private let loop: EventLoop
    private let log: Log
    private let startsDaemon: Bool
    /// Whether the log knows that there is no daemon where nobody else may announce.
    private var isMissed = false
    private var choice: BackendChoice
    private var chosen = BackendChoice.Backend.none
    private var backend: (any AnnouncementBackend)?
    private var owner: BusNameWatch?
    private var startRequest: BusSlot?
    private var deadline: Timer?

    /// How long the bus may take to say whether there is an avahi-daemon, before the server
    /// announces itself.
    private static let answerTimeout: Duration = .seconds(1)
    private static let daemonName = "org.freedesktop.Avahi"

    /// - Parameters:
    ///   - bus: nil if none may be used. It is the caller's, who starts it first, and stops it after
    ///     this.
    ///   - renamed: called with the name that the service has from now on, if it cannot have the one
    ///     that was wanted.
    ///   - announced: called each time that peers can find the server from now on.
    package init(
        _ announcement: Announcement, mode: ZeroconfMode, bus: Bus?, on loop: EventLoop, log: Log,
        renamed: @escaping (String) -> Void, announced: @escaping () -> Void
    ) {
        self.announcement = announcement
        self.bus = bus
        self.loop = loop
        self.log = log
        link = EmbeddedBackend.Link(on: loop.kernel)
        startsDaemon = mode == .avahiDaemon
        choice = BackendChoice(mode, hasBus: bus != nil)
        names = ServiceNames(announcement, log: log, renamed: renamed, announced: announced)
        if mode == .avahiDaemon, bus == nil {
            log.warning("Zeroconf: avahi-daemon needs D-Bus, which is off; announced without it")
        }
        AvahiLog.start(log, on: loop)
    }

    package func start() {
        if choice.dependsOnDaemon, let bus {
            bus.add(self)
            if bus.connection == nil {
                take(.noBus)
            } else {
                deadline = loop.timer(after: Self.answerTimeout) { [self] in take(.noAnswer) }
            }
        }
        settle()
    }

    /// Says goodbye to the network.
    package func stop() {
        owner = nil
        startRequest = nil
        deadline = nil
        backend?.stop()
        backend = nil
        choice = BackendChoice(.none, hasBus: false)
        chosen = .none
    }

    package func busOpened(_ connection: BusConnection) {
        guard choice.dependsOnDaemon else { return }
        do throws(BusError) {
            owner = try connection.watchOwner(of: Self.daemonName) { [self] owner in
                take(.daemonIs(owner: owner))
            }
            guard startsDaemon else { return }
            startRequest = try connection.call(
                .bus, "StartServiceByName",
                arguments: {
                    $0.append(Self.daemonName)
                    $0.append(UInt32(0))
                }, reply: { [self] in noteStart($0) })
        } catch {
            log.error("Zeroconf: cannot look for avahi-daemon: \(error.text)")
            take(.noBus)
        }
    }

    package func busLost() {
        owner = nil
        startRequest = nil
        take(.noBus)
    }

    private func noteStart(_ reply: Result<BusMessage, BusError>) {
        guard case .failure(let error) = reply else { return }
        log.warning("Zeroconf: avahi-daemon was not started: \(error.text)")
    }

    private func take(_ event: BackendChoice.Event) {
        choice.handle(event)
        settle()
        if startsDaemon, chosen == .none, !isMissed {
            isMissed = true
            log.error("Zeroconf: not announced, as avahi-daemon does not run; waiting for it")
        }
    }

    /// - Returns: whether the server itself announces from now on.
    private func takeOver(_ problem: String) -> Bool {
        let before = chosen
        choice.handle(.daemonFailed)
        guard choice.backend != before else { return false }
        log.error("Zeroconf: avahi-daemon: \(problem)")
        settle()
        return true
    }

    /// Goes over from who announces to who should. Never both at a time: they would take the name
    /// away from each other.
    private func settle() {
        guard choice.backend != chosen else { return }
        chosen = choice.backend
        deadline = nil
        backend?.stop()
        backend = nil
        switch chosen {
        case .none: break
        case .embedded:
            log.info("Zeroconf: the server announces itself")
            backend = EmbeddedBackend(
                announcement, names: names, link: link, on: loop, log: log)
        case .daemon(let owner):
            guard let connection = bus?.connection else { return }
            isMissed = false
            log.info("Zeroconf: avahi-daemon announces the server")
            backend = DaemonBackend(
                announcement, names: names, through: connection, owner: owner, on: loop, log: log,
                failed: { [self] in takeOver($0) })
        }
        backend?.start()
    }
}
