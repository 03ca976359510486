package import Reactor

/// The clients that are served, by name and by key. Carries out what their records decide.
package final class ClientRegistry {
    private final class Client {
        var record: ClientRecord
        var check: Timer?
        var expiry: Timer?
        var checker: ChildProcess?
        var isQueued = false

        init(_ record: ClientRecord) { self.record = record }
    }

    private let loop: EventLoop
    private let log: Log
    private let checkers: CheckerPolicy
    private var clients: [ClientName: Client] = [:]
    private var namesByKey: [KeyID: ClientName] = [:]
    private var checkersRunning = 0
    /// Clients whose checker waits until another one has ended.
    private var queue: ArraySlice<ClientName> = []

    /// Called when a client may not have its secret any more, for those who wait for it.
    package var trustWithdrawn: (ClientName) -> Void = { _ in }

    /// The first of two clients with the same key ID has it. Nobody has the key ID of no key at all,
    /// whatever the file says.
    package init(
        _ settings: [ClientSettings], on loop: EventLoop, log: Log,
        checkers: CheckerPolicy = CheckerPolicy()
    ) {
        self.loop = loop
        self.log = log
        self.checkers = checkers
        let now = WallTime.now()
        for client in settings {
            clients[client.name] = Client(ClientRecord(client, created: now))
            guard let keyID = client.keyID, keyID != .ofNothing, namesByKey[keyID] == nil else {
                continue
            }
            namesByKey[keyID] = client.name
        }
    }

    package var count: Int { clients.count }

    /// Begins the lives of those who are enabled, each with a first check at a random time.
    package func start() {
        for client in clients.values where client.record.settings.isEnabled {
            let firstCheck = checkers.delay(client.record.settings.interval)
            handle(.enabled(firstCheck: firstCheck), client)
        }
    }

    /// Ends all checkers, and begins no other.
    ///
    /// - Parameter span: how long they may take to end by themselves.
    package func stop(within span: Duration) {
        queue = []
        for client in clients.values {
            client.check = nil
            client.expiry = nil
            client.checker?.hurry(within: span)
            client.checker = nil
        }
    }

    package func client(with keyID: KeyID) -> ClientName? { namesByKey[keyID] }

    package func record(of name: ClientName) -> ClientRecord? { clients[name]?.record }

    /// Whether the client may have its secret at this moment.
    ///
    /// - Parameter isDelayOver: whether it has waited for an approval that nobody gave or refused.
    package func release(_ name: ClientName, isDelayOver: Bool) -> ReleaseDecision {
        guard let record = clients[name]?.record else { return .refused(.info, "no longer exists") }
        guard record.isEnabled(at: loop.now) else { return .refused(.info, "is disabled") }
        let settings = record.settings
        if settings.approvalDelay > .zero {
            guard isDelayOver else { return .waits(settings.approvalDelay) }
            guard settings.isApprovedByDefault else {
                return .refused(.warning, "approval timed out")
            }
        }
        return .granted(Release(name: name, secret: settings.secret))
    }

    package func secretSent(_ name: ClientName) { handle(.secretSent, name) }

    package func disable(_ name: ClientName, reason: String) {
        handle(.disabled(reason: reason), name)
    }

    private func handle(_ event: ClientRecord.Event, _ name: ClientName) {
        guard let client = clients[name] else { return }
        handle(event, client)
    }

    private func handle(_ event: ClientRecord.Event, _ client: Client) {
        let now = Moment(instant: loop.now, wall: .now())
        for effect in client.record.handle(event, at: now) { carryOut(effect, client) }
    }

    private func carryOut(_ effect: ClientRecord.Effect, _ client: Client) {
        let name = client.record.settings.name
        switch effect {
        case .startChecker: enqueueChecker(client)
        case .stopChecker: endChecker(client)
        case .scheduleCheck(let instant):
            client.check = loop.timer(at: instant) { [self] in handle(.checkDue, name) }
        case .scheduleExpiry(let instant):
            client.expiry = loop.timer(at: instant) { [self] in handle(.expiryDue, name) }
        case .unschedule:
            client.check = nil
            client.expiry = nil
        case .withdrawTrust: trustWithdrawn(name)
        case .log(let level, let text): log.write(level, "client \(name.text): \(text)")
        }
    }

    private func enqueueChecker(_ client: Client) {
        guard !client.isQueued else { return }
        client.isQueued = true
        queue.append(client.record.settings.name)
        startQueued()
    }

    /// In the order in which they became due, as many as may run.
    private func startQueued() {
        while checkersRunning < checkers.countMax, let name = queue.popFirst() {
            guard let client = clients[name] else { continue }
            client.isQueued = false
            // Disabled while it waited, and no longer to be checked.
            if client.record.isEnabled(at: loop.now) { startChecker(client) }
        }
    }

    private func startChecker(_ client: Client) {
        let record = client.record
        let name = record.settings.name
        do throws(CheckerTemplateError) {
            let template = CheckerTemplate(record.settings.checker)
            let command = try template.command { record.value(of: $0) }
            log.info("client \(name.text): starting checker “\(command)”")
            start(command, client)
        } catch {
            log.error("client \(name.text): checker: \(error.problem)")
        }
    }

    private func start(_ command: String, _ client: Client) {
        let name = client.record.settings.name
        do throws(SystemError) {
            client.checker = try ChildProcess(
                Command(shellCommand: command, output: checkers.output), on: loop
            ) { [self] status in
                endChecker(client)
                handle(.checkerEnded(status), name)
            }
            checkersRunning += 1
            handle(.checkerStarted, client)
        } catch {
            // The schedule goes on: the next try is an interval away.
            log.error("client \(name.text): checker not started: \(error.text)")
        }
    }

    private func endChecker(_ client: Client) {
        guard client.checker != nil else { return }
        client.checker = nil
        checkersRunning -= 1
        loop.later { [self] in startQueued() }
    }
}

/// How checkers are run.
package struct CheckerPolicy {
    /// As many run at a time; the others wait.
    package var countMax = 16
    /// Where they may write, or nil for nowhere.
    package var output: CInt?
    /// When the first check of a client is, given its interval.
    package var delay: (Duration) -> Duration = {
        .milliseconds(Int64.random(in: 0...max(0, $0.clampedNanoseconds / 1_000_000)))
    }

    package init() {}
}

/// Leave to send a secret. Holds the secret until it is sent, whatever becomes of the client.
package struct Release {
    package let name: ClientName
    package let secret: SharedSecret
}

package enum ReleaseDecision {
    case granted(Release)
    /// Ask again when that is over.
    case waits(Duration)
    /// With the level at which to say so, and why.
    case refused(LogLevel, String)
}
