package import Reactor

/// Restores the clients at the start of the server, and saves what changes of them afterwards.
///
/// What concerns trust or settings is saved at the end of the turn, all in one piece; how a client is
/// doing now and then, and at the end. When it cannot be saved the server goes on from memory, and
/// this tries again.
package final class StateKeeper {
    let store: any StateStore
    let loop: EventLoop
    let log: Log
    /// How long what is not urgent may stay unsaved.
    let interval: Duration

    var registry: ClientRegistry?
    /// clients.conf, also of clients that were removed.
    var configured: [ClientName: SharedSettings] = [:]
    /// Of clients that are left out of clients.conf for now.
    var kept: [SavedClient] = []
    /// Of whom nothing has been heard since the start. If the server ends without saving, they are
    /// taken to have used half of their time: or one that never gets as far as a check could be
    /// started again and again, and nobody would ever lose trust.
    var unproven: Set<ClientName> = []
    private(set) var isStopping = false
    /// Of secrets that are not those of clients.conf: what was made of which.
    var sealed: [ClientName: (secret: SharedSecret, bytes: SealedBytes)] = [:]

    private var loaded = SavedState()
    private var dirty = DirtyClients()
    private var dropped: [ClientName] = []
    /// Whether everything is to be saved anew, with the time of now.
    private var isRestating = false
    private var waiting: [(SaveOutcome) -> Void] = []
    private var isScheduled = false
    private var soon: Timer?
    private var idle: Timer?
    private var retry: Timer?
    private var retryDelay = StateKeeper.retryDelayMin
    package private(set) var problem: String?
    /// Why something was left out of what is being saved.
    var omission: String?

    /// Many machines may boot within this time.
    static let soonDelay: Duration = .seconds(10)
    private static let retryDelayMin: Duration = .seconds(1)
    private static let retryDelayMax: Duration = .seconds(60)

    package init(_ store: any StateStore, on loop: EventLoop, log: Log, interval: Duration) {
        self.store = store
        self.loop = loop
        self.log = log
        self.interval = interval
    }

    /// State as mandos.conf and the command line want it.
    package convenience init(_ settings: ServerSettings, on loop: EventLoop, log: Log) {
        self.init(
            SQLiteStore(directory: settings.stateDirectory), on: loop, log: log,
            interval: settings.saveInterval)
    }

    /// How the clients begin.
    ///
    /// - Parameters:
    ///   - clients: of clients.conf.
    ///   - rejected: sections of it that are left out because of errors.
    ///   - isIgnoring: whether clients.conf alone decides; what was saved is only told of.
    package func restore(
        _ clients: [ClientSettings], rejected: [ClientName], isIgnoring: Bool
    ) throws(StateError) -> [ClientRecord] {
        let shared = clients.map { SharedSettings($0) }
        configured = Dictionary(minimumCapacity: shared.count)
        for client in shared { configured[client.values.name] = client }
        loaded = try load(clients.map { $0.name }, isIgnoring: isIgnoring)
        let now = loop.kernel.wallTime()
        let restoration =
            isIgnoring
            ? Restoration.ignoring(loaded, shared, rejected: rejected, now: now)
            : Restoration(shared, rejected: rejected, saved: loaded, now: now)
        for line in restoration.lines { log.write(line.level, line.text) }
        dropped = restoration.dropped
        isRestating = restoration.isCalendarDoubtful
        let forgotten = Set(dropped)
        kept = loaded.clients.values.filter {
            configured[$0.name] == nil && !forgotten.contains($0.name)
        }
        for record in restoration.records {
            let name = record.settings.name
            switch record.timeLeft {
            case .counting, .fixed(_, isSure: false): unproven.insert(name)
            case .fixed, nil: break
            }
            guard let bytes = restoration.sealedSecrets[name] else { continue }
            sealed[name] = (record.settings.secret, bytes)
        }
        return restoration.records
    }

    private func load(
        _ names: [ClientName], isIgnoring: Bool
    ) throws(StateError) -> SavedState {
        defer { for note in store.takeNotes() { log.warning(note) } }
        do throws(StateError) {
            if let state = try store.load(searching: names) { return state }
            log.warning("no saved state: all clients begin as clients.conf says")
        } catch {
            guard isIgnoring, case .unreadable(let reason) = error else { throw error }
            log.warning("not restored, and unknown who was disabled or removed: \(reason)")
        }
        return SavedState()
    }

    /// From now on saves what changes, and now what is not as it was saved. To be called when the
    /// clients have begun.
    package func follow(_ registry: ClientRegistry) {
        self.registry = registry
        registry.add(self)
        registry.saver = self
        registry.clockWasSet = { [unowned(unsafe) self] in unsafe self.restate() }
        if isRestating { restate() }
        for name in configured.keys {
            guard let client = snapshot(of: name) else { continue }
            if let urgency = urgency(of: client) { mark(name, urgency) }
        }
        let isUrgent = dirty.urgency ?? .idle >= .prompt || !unproven.isEmpty
        if isUrgent || !dropped.isEmpty || loaded.damage != nil { save(.soon) }
        loaded = SavedState()
    }

    private func urgency(of client: SavedClient) -> DirtyClients.Urgency? {
        guard var old = loaded.clients[client.name], loaded.damage == nil else { return .now }
        guard let liveness = client.current?.liveness, let oldLiveness = old.current?.liveness
        else { return client == old ? nil : .now }
        old.current?.liveness = liveness
        guard client == old else { return .now }
        guard liveness != oldLiveness else { return nil }
        if unproven.contains(client.name) { return .soon }
        return liveness.lastCheckerStatus == 0 ? .idle : .soon
    }

    /// Times of the calendar are saved with each client, and all of them are others now.
    private func restate() {
        isRestating = true
        for name in configured.keys { mark(name, .now) }
    }

    /// Saves everything that is left, and lets go of the store.
    package func stop() {
        isStopping = true
        // What is left of their time is less than when they were seen.
        for name in configured.keys where registry?.record(of: name)?.isEnabled == true {
            mark(name, .idle)
        }
        save(.idle)
        soon = nil
        idle = nil
        retry = nil
        registry?.clockWasSet = {}
        registry = nil
        store.close()
    }
}

// Writing.
extension StateKeeper {
    func mark(_ name: ClientName, _ urgency: DirtyClients.Urgency) {
        dirty.mark(name, urgency)
        switch urgency {
        case .now, .prompt: schedule()
        case .soon:
            if soon == nil {
                soon = loop.timer(after: min(Self.soonDelay, interval)) { [self] in save(.soon) }
            }
        case .idle:
            if idle == nil { idle = loop.timer(after: interval) { [self] in save(.idle) } }
        }
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.later { [self] in
            if isScheduled { save(.soon) }
        }
    }

    /// Saves all that is so urgent, or more, and tells those who wait for it.
    private func save(_ least: DirtyClients.Urgency) {
        isScheduled = false
        soon = nil
        if least == .idle { idle = nil }
        let outcome = write(least)
        for note in store.takeNotes() { log.warning(note) }
        var actions: [(SaveOutcome) -> Void] = []
        swap(&actions, &waiting)
        for action in actions { action(outcome) }
    }

    private func write(_ least: DirtyClients.Urgency) -> SaveOutcome {
        let taken = dirty.take(least)
        do throws(StateError) {
            let changes = changes(taken)
            let reason = omission.take()
            if !changes.isEmpty { try store.save(changes, or: everything) }
            dropped = []
            isRestating = false
            noteSuccess()
            return reason.map { .notSaved(reason: $0) } ?? .saved
        } catch {
            dirty.merge(taken)
            noteFailure(error.text)
            return .notSaved(reason: error.text)
        }
    }

    private func changes(_ clients: DirtyClients) -> StateChanges {
        var changes = StateChanges(time: loop.kernel.wallTime())
        changes.dropped = dropped
        if isRestating { changes.clients = kept }
        clients.forEach { name, urgency in
            if urgency == .now {
                if let client = snapshot(of: name) { changes.clients.append(client) }
            } else if let record = registry?.record(of: name) {
                changes.liveness.append((name, liveness(of: record)))
            }
        }
        return changes
    }

    private func noteSuccess() {
        guard problem != nil else { return }
        problem = nil
        retry = nil
        retryDelay = Self.retryDelayMin
        log.warning("state is being saved again")
    }

    private func noteFailure(_ reason: String) {
        if problem == nil {
            log.error(
                "state is not saved, and what changes would be undone by a restart: \(reason); "
                    + "trying again")
        }
        problem = reason
        retry = loop.timer(after: retryDelay) { [self] in save(.soon) }
        retryDelay = min(retryDelay * 2, Self.retryDelayMax)
    }
}

extension StateKeeper: ChangeSaver {
    package func whenSaved(_ action: @escaping (SaveOutcome) -> Void) {
        guard dirty.urgency == .now else { return action(.saved) }
        waiting.append(action)
        schedule()
    }
}
