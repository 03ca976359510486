internal import CShims.Linux
internal import Reactor

/// Announces by a responder in this process, which is made anew when it fails.
final class EmbeddedBackend: AnnouncementBackend {
    private let announcement: Announcement
    private let names: ServiceNames
    private let link: Link
    private let loop: EventLoop
    private let log: Log
    private var responder: AvahiResponder?
    private var addresses: NetworkAddresses?
    private var reachable: Set<InterfaceAddress> = []
    private var retry: Timer?
    private var backOff = BackOff(first: .seconds(2), limit: .seconds(300))
    private var openedAt: Instant?

    /// What has worked for so long is not expected to fail at once when it is tried again.
    private static let wellTested: Duration = .seconds(600)

    /// - Parameter link: the same for all that are made in a process.
    init(
        _ announcement: Announcement, names: ServiceNames, link: Link, on loop: EventLoop, log: Log
    ) {
        self.announcement = announcement
        self.names = names
        self.link = link
        self.loop = loop
        self.log = log
    }

    func start() {
        do throws(DiscoveryError) {
            try open()
        } catch {
            fail(error)
        }
    }

    func stop() {
        retry = nil
        addresses = nil
        responder = nil
    }

    private func open() throws(DiscoveryError) {
        let gate = MulticastGate(link.limits, on: loop, log: log)
        let responder = try AvahiResponder(
            announcement, hostLabel: Self.hostLabel(), behind: gate, link.descriptors, on: loop,
            report: { [self] in take($0) })
        self.responder = responder
        reachable = []
        do throws(SystemError) {
            addresses = try NetworkAddresses(
                announcement.addressFamily, on: loop, changed: { [self] in publish($0) },
                failed: { [self] in fail(DiscoveryError($0)) })
        } catch {
            throw DiscoveryError(error)
        }
        try responder.register(names.current)
        openedAt = loop.now
    }

    private static func hostLabel() -> String {
        var name = [CChar](repeating: 0, count: 256)
        let code = unsafe gethostname(&name, name.count - 1)
        let host = unsafe name.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
        return HostLabel.make(host: code == 0 ? host : "", random: .random(in: 0...UInt32.max))
    }

    private func publish(_ all: Set<InterfaceAddress>) {
        reachable = announcement.reachable(all)
        attempt { (responder) throws(DiscoveryError) in try responder.publish(reachable) }
    }

    private func take(_ event: AvahiResponder.Event) {
        switch event {
        case .established:
            names.established()
            retry = names.retaking(on: loop) { [self] in register() }
        case .collided:
            responder?.withdraw()
            let wait = names.collided(at: loop.now)
            retry = loop.timer(after: wait) { [self] in register() }
        case .hostCollided: rename()
        case .clockSetBack:
            log.info("Zeroconf: the clock was set back; announcing anew")
            stop()
            start()
        case .failed(let error): fail(error)
        }
    }

    /// The name of the host is random, so another is as good. How often that may happen is decided
    /// by `ConflictPolicy`.
    private func rename() {
        let label = Self.hostLabel()
        log.info("Zeroconf: the name of this host is taken; trying “\(label)”")
        attempt { (responder) throws(DiscoveryError) in
            responder.rename(host: label)
            try responder.publish(reachable)
            try responder.register(names.current)
        }
    }

    private func register() {
        attempt { (responder) throws(DiscoveryError) in try responder.register(names.current) }
    }

    private func attempt(_ body: (AvahiResponder) throws(DiscoveryError) -> Void) {
        guard let responder else { return }
        do throws(DiscoveryError) {
            try body(responder)
        } catch {
            fail(error)
        }
    }

    private func fail(_ error: DiscoveryError) {
        stop()
        if let openedAt, loop.now - openedAt > Self.wellTested { backOff.reset() }
        openedAt = nil
        let wait = backOff.span()
        log.error("Zeroconf: \(error.problem); next attempt in \(wait.components.seconds) s")
        retry = loop.timer(after: wait) { [self] in start() }
    }
}

extension EmbeddedBackend {
    /// Parts that outlive a responder: its limits, and descriptors for the next one.
    final class Link {
        let limits = LinkLimits()
        let descriptors: LowDescriptors

        /// - Precondition: see `LowDescriptors`.
        init(on kernel: any Kernel) { descriptors = LowDescriptors(on: kernel) }
    }
}
