internal import CShims.Linux
internal import Reactor

/// Announces by a responder in this process, which is made anew when it fails.
final class EmbeddedBackend: AnnouncementBackend {
    private let announcement: Announcement
    private let names: ServiceNames
    private let loop: EventLoop
    private let log: Log
    private var responder: AvahiResponder?
    private var addresses: NetworkAddresses?
    private var retry: Timer?
    private var backOff = BackOff(first: .seconds(2), limit: .seconds(300))
    private var openedAt: Instant?

    /// What has worked for so long is not expected to fail at once when it is tried again.
    private static let wellTested: Duration = .seconds(600)

    init(_ announcement: Announcement, names: ServiceNames, on loop: EventLoop, log: Log) {
        self.announcement = announcement
        self.names = names
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
        let responder = try AvahiResponder(
            announcement, hostLabel: Self.hostLabel(), on: loop, report: { [self] in take($0) })
        self.responder = responder
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
        do throws(DiscoveryError) {
            try responder?.publish(announcement.reachable(all))
        } catch {
            fail(error)
        }
    }

    private func take(_ event: AvahiResponder.Event) {
        switch event {
        case .established: names.established()
        case .collided:
            responder?.withdraw()
            let wait = names.collided(at: loop.now)
            retry = loop.timer(after: wait) { [self] in register() }
        case .clockSetBack:
            log.info("Zeroconf: the clock was set back; announcing anew")
            stop()
            start()
        case .failed(let error): fail(error)
        }
    }

    private func register() {
        do throws(DiscoveryError) {
            try responder?.register(names.current)
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
