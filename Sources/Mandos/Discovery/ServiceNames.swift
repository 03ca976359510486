internal import Reactor

/// The name of the service, as it is now, whoever announces it. Tells the log and the owner when it
/// changes.
final class ServiceNames {
    private var naming: ServiceNaming
    private let port: UInt16
    private let log: Log
    private let renamed: (String) -> Void

    init(
        _ announcement: Announcement, log: Log, renamed: @escaping (String) -> Void
    ) {
        naming = ServiceNaming(announcement.name)
        port = announcement.endpoint.port
        self.log = log
        self.renamed = renamed
    }

    var current: String { naming.current }

    func established() {
        log.debug("Zeroconf: announced as “\(current)”, port \(port)")
    }

    /// - Returns: how long to wait before the name that is now `current` is tried.
    func collided(at now: Instant) -> Duration {
        let taken = current
        let reaction = naming.collided(at: now, alternative: AvahiResponder.alternative)
        let delay: Duration
        switch reaction {
        case .rename(let wait):
            log.info("Zeroconf: the name “\(taken)” is taken; trying “\(current)”")
            delay = wait
        case .startOver(let wait):
            log.error("Zeroconf: all names are taken; trying “\(current)” again")
            delay = wait
        }
        if delay > .zero {
            log.error(
                "Zeroconf: somebody claims one name after the other; "
                    + "next attempt in \(delay.components.seconds) s")
        }
        renamed(current)
        return delay
    }
}
