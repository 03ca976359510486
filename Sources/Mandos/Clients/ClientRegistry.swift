package import Reactor

/// The clients that are served, by name and by key. Carries out what their records decide.
package final class ClientRegistry {
    final class Client {
        var record: ClientRecord
        var check: Timer?
        var expiry: Timer?
        /// Runs, or waits for its turn.
        var checker: Checker?
        /// What the last checker that ended had to say.
        var lastOutput = OutputTail()
        var approval = Approval()
        /// In the order of their arrival.
        var requests: [Waiting] = []

        init(_ record: ClientRecord) { self.record = record }

        var name: ClientName { record.settings.name }
    }

    /// A peer of a client that is not gone yet.
    struct Waiting {
        let id: UInt64
        let request: Approval.Request
        /// Asks to be answered again; with a decision if one was just made.
        let wake: (Approval.Decision?) -> Void
    }

    let loop: EventLoop
    let log: Log
    let policy: CheckerPolicy
    let pool: CheckerPool
    var clients: [ClientName: Client] = [:]
    private var namesByKey: [KeyID: ClientName] = [:]
    /// In the order of the file, those that were added later last.
    package private(set) var names: [ClientName] = []
    var observers: [any ClientObserver] = []
    var lastRequestID: UInt64 = 0
    /// Who saves what changes; kept. Without one, nothing is meant to be saved.
    package var saver: (any ChangeSaver)?
    /// Whose trust was taken away, until somebody gives it back.
    package var revocations = Revocations()
    /// Keys that several sections of clients.conf have, so that none of them is served.
    package var sharedKeys: [SharedKey] = []
    /// The author of the present change; nil if it is the server itself.
    var actor: (() -> String)?
    private var clockWatch: WallClockWatch?
    private var gapHook: Hook?
    /// Clients whose `expires` is another than what was told of it, and when more of them are told.
    var untold: ArraySlice<ClientName> = []
    var telling: Timer?
    /// Called after the calendar was set.
    var clockWasSet: () -> Void = {}

    /// What `%(dbus_object_path)s` stands for in the checker of a client; nil where there is none.
    package var objectPath: (ClientName) -> String? = { _ in nil }

    /// The first of two clients with the same key ID has it, and the other never gets it. Nobody has
    /// the key ID of no key at all, whatever the file says.
    package init(
        _ records: [ClientRecord], on loop: EventLoop, log: Log,
        checkers: CheckerPolicy = CheckerPolicy()
    ) {
        self.loop = loop
        self.log = log
        policy = checkers
        pool = CheckerPool(checkers, on: loop)
        clients.reserveCapacity(records.count)
        namesByKey.reserveCapacity(records.count)
        names.reserveCapacity(records.count)
        for record in records { insert(record) }
    }

    /// Of clients that nothing is known of but what clients.conf says.
    package convenience init(
        _ settings: [ClientSettings], on loop: EventLoop, log: Log,
        checkers: CheckerPolicy = CheckerPolicy()
    ) {
        let now = loop.kernel.wallTime()
        let records = settings.map { ClientRecord($0, created: now) }
        self.init(records, on: loop, log: log, checkers: checkers)
    }

    package var count: Int { clients.count }

    /// Begins the lives of those who are enabled, each with a first check at a random time.
    package func start() {
        for name in names {
            guard let client = clients[name] else { continue }
            begin(client)
        }
        gapHook = loop.afterGap { [unowned(unsafe) self] in unsafe self.bridge($0) }
        do throws(SystemError) {
            clockWatch = try WallClockWatch(on: loop) { [unowned(unsafe) self] in
                unsafe self.noteClockChange()
            }
        } catch {
            log.warning("a wall clock that is set will not be noticed: \(error.text)")
        }
    }

    /// Ends all checkers, and begins no other.
    ///
    /// - Parameter span: how long they may take to end by themselves.
    package func stop(within span: Duration) {
        clockWatch = nil
        gapHook = nil
        telling = nil
        for client in clients.values {
            client.check = nil
            client.expiry = nil
            client.checker?.gracePeriod = span
            client.checker = nil
        }
    }

    /// - Parameter observer: told of everything from now on, and kept.
    package func add(_ observer: any ClientObserver) { observers.append(observer) }

    package func client(with keyID: KeyID) -> ClientName? { namesByKey[keyID] }

    package func record(of name: ClientName) -> ClientRecord? { clients[name]?.record }

    /// Whether peers have been, or are, waiting for the approval of this client.
    package func isApprovalPending(of name: ClientName) -> Bool {
        (clients[name]?.approval.pendingCount ?? 0) > 0
    }

    /// What the last checker of the client that ended has written, at most its end.
    package func checkerOutput(of name: ClientName) -> [UInt8] {
        clients[name]?.lastOutput.bytes ?? []
    }

    func insert(_ record: ClientRecord) {
        let name = record.settings.name
        clients[name] = Client(record)
        names.append(name)
        guard let keyID = record.settings.keyID, keyID != .ofNothing, namesByKey[keyID] == nil
        else { return }
        namesByKey[keyID] = name
    }

    func begin(_ client: Client) {
        let start = client.record.start
        guard start != .disabled else { return }
        // A client with little time left is checked soon: half of it remains for the check.
        let interval = client.record.settings.interval
        let left = start == .resumed ? client.record.timeLeft?.span : nil
        let firstCheck = policy.delay(min(interval, left.map { $0 / 2 } ?? interval))
        handle(
            start == .resumed ? .resumed(firstCheck: firstCheck) : .enabled(firstCheck: firstCheck),
            client)
    }
}

// What an operator may do. All of it does nothing for a client that does not exist.
extension ClientRegistry {
    /// With a first check after one interval.
    package func enable(_ name: ClientName) {
        guard let client = clients[name] else { return }
        if !client.record.isEnabled { endRevocations(of: client.record.settings, by: "enabled") }
        handle(.enabled(firstCheck: client.record.settings.interval), client)
    }

    /// - Parameter reason: why, for the log.
    package func disable(_ name: ClientName, reason: String) {
        handle(.disabled(reason: reason), name)
    }

    /// Those who wait for the secret are answered at once; those who come later, for the
    /// `approval_duration` of the client.
    package func decide(_ decision: Approval.Decision, _ name: ClientName) {
        guard let client = clients[name] else { return }
        log.info("client \(name.text): \(decision == .approved ? "approved" : "denied")")
        client.approval.decide(
            decision, for: client.record.settings.approvalDuration, at: loop.now)
        answerRequests(client, decision)
    }

    package func noteCheckedOK(_ name: ClientName) { handle(.checkedOK, name) }

    /// Begins a check now, unless one is under way, also of a client that is disabled.
    package func startChecker(_ name: ClientName) throws(CheckerTemplateError) {
        guard let client = clients[name] else { return }
        try check(client)
    }

    package func stopChecker(_ name: ClientName) { handle(.checkerStopped, name) }

    package func change(_ setting: ClientSetting, of name: ClientName) {
        handle(.changed(setting), name)
    }

    /// Whoever waits for its secret is refused.
    package func remove(_ name: ClientName) {
        guard let client = clients.removeValue(forKey: name) else { return }
        noteRevocation(.removed, of: client)
        names.removeAll { $0 == name }
        client.check = nil
        client.expiry = nil
        client.checker = nil
        if let keyID = client.record.settings.keyID, namesByKey[keyID] == name {
            namesByKey[keyID] = nil
        }
        log.info("client \(name.text): removed\(byActor)")
        answerRequests(client, nil)
        for observer in observers { observer.clientRemoved(name) }
    }
}

// Carrying out.
extension ClientRegistry {
    func handle(_ event: ClientRecord.Event, _ name: ClientName) {
        guard let client = clients[name] else { return }
        handle(event, client)
    }

    func handle(_ event: ClientRecord.Event, _ client: Client) {
        let now = Moment(instant: loop.now, wall: loop.kernel.wallTime())
        for effect in client.record.handle(event, at: now) { carryOut(effect, client) }
    }

    func carryOut(_ effect: ClientRecord.Effect, _ client: Client) {
        let name = client.name
        switch effect {
        case .startChecker: startScheduledCheck(client)
        case .stopChecker: client.checker = nil
        case .scheduleCheck(let due):
            let instant = policy.start(due: due, interval: client.record.settings.interval)
            move(&client.check, to: instant) {
                loop.timer(at: instant) { [self] in handle(.checkDue, name) }
            }
        case .scheduleExpiry(let instant):
            move(&client.expiry, to: instant) {
                // Patient: a check that has succeeded by then is heard first.
                loop.patientTimer(at: instant) { [self] in handle(.expiryDue, name) }
            }
        case .unschedule:
            client.check = nil
            client.expiry = nil
        case .revoked(let reason): noteRevocation(reason, of: client)
        case .answerRequests: answerRequests(client, nil)
        case .changed(let property): announce(property, client)
        case .emit(let signal): emit(signal, client)
        case .log(let level, let text): log.write(level, "client \(name.text): \(text)")
        }
    }

    /// A new one only where there is none: what is allocated for a client while it is served lies
    /// between the TLS sessions of others, and their pages could not be given back to the system.
    private func move(_ timer: inout Timer?, to instant: Instant, orArm arm: () -> Timer) {
        if timer == nil { timer = arm() } else { timer?.move(to: instant) }
    }

    func announce(_ property: ClientProperty, _ client: Client) {
        for observer in observers { observer.client(client.name, changed: property) }
    }

    func emit(_ signal: ClientSignal, _ client: Client) {
        for observer in observers { observer.client(client.name, emitted: signal) }
    }
}
