internal import Reactor

/// The name of the service, as it is now, whoever announces it. Tells the log and the owner when it
/// changes.
final class ServiceNames {
    private var naming: ServiceNaming
    private var limit = LineLimit(10, per: .seconds(60))
    private let port: UInt16
    private let log: Log
    private let renamed: (String) -> Void
    private let announced: () -> Void

    init(
        _ announcement: Announcement, log: Log, renamed: @escaping (String) -> Void,
        announced: @escaping () -> Void
    ) {
        naming = ServiceNaming(announcement.name)
        port = announcement.endpoint.port
        self.log = log
        self.renamed = renamed
        self.announced = announced
    }

    var current: String { naming.current }

    func established() {
        log.debug("Zeroconf: announced as “\(current)”, port \(port)")
        announced()
    }

    /// - Returns: how long to wait before the name that is now `current` is tried.
    func collided(at now: Instant) -> Duration {
        let taken = current
        let wait = naming.collided(at: now, alternative: AvahiResponder.alternative)
        tell("the name “\(taken)” is taken; trying “\(current)”", at: now)
        renamed(current)
        return wait
    }

    /// A timer for the time at which the name that was wanted is tried again.
    ///
    /// - Parameter action: called when it is `current`.
    /// - Returns: nil if there is no need.
    func retaking(on loop: EventLoop, _ action: @escaping () -> Void) -> Timer? {
        guard let wait = naming.retakeAfter else { return nil }
        return loop.timer(after: wait) { [self] in
            naming.retake()
            log.info("Zeroconf: trying the name “\(current)” again")
            renamed(current)
            action()
        }
    }

    /// Somebody else decides how often.
    private func tell(_ text: String, at now: Instant) {
        switch limit.line(at: now) {
        case .leaveOut: return
        case .write(before: 0): break
        case .write(let before): log.info("Zeroconf: more names that were taken: \(before)")
        }
        log.info("Zeroconf: \(text)")
    }
}
