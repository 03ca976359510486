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
    /// For how long what clients.conf does not have is kept.
    let keptFor: Duration

    /// clients.conf, also of clients that were removed.
    var configured: [ClientName: SharedSettings] = [:]
    /// Of clients that are not served now, by clients.conf or for another reason.
    var kept: [ClientName: SavedClient] = [:]
    /// Sections that clients.conf does not have now, of clients that were added under their names:
    /// they are kept again when such a client is removed.
    var sections: [ClientName: SavedClient] = [:]
    /// By which secrets of clients that were added are sealed. nil as long as there are none.
    var stateKey: SharedSecret?
    /// Of whom nothing has been heard since the start. If the server ends without saving, they are
    /// taken to have used half of their time: or one that never gets as far as a check could be
    /// started again and again, and nobody would ever lose trust.
    var unproven: Set<ClientName> = []
    private(set) var isStopping = false
    /// Of secrets that are not those of clients.conf: what was made of which.
    var sealed: [ClientName: (secret: SharedSecret, bytes: SealedBytes)] = [:]

    private var loaded = SavedState()
    /// As restored, until there is a registry.
    private var revocations = Revocations()
    private var keptChanged: Set<ClientName> = []
    private let begun: Instant
    private var dirty = DirtyClients()
    private var dropped: [ClientName] = []
    /// Whether to save even if nothing has changed.
    private var mustSave = false
    /// Whether everything is to be saved anew, with the time of now.
    private var isRestating = false
    private var waiting: [(SaveOutcome) -> Void] = []
    private var isScheduled = false
    private var soon: Timer?
    private var idle: Timer?
    private var retry: Timer?
    private var retryDelay = StateKeeper.retryDelayMin
    package private(set) var problem: String? {
        didSet { if problem != oldValue { problemsChanged() } }
    }
    /// Problems of the files at the start, and of those that were found later.
    private var startProblems: [String] = []
    /// Called after each change of `problems`.
    package var problemsChanged: () -> Void = {}
    /// Advice for when the files cannot be read or written, if there is any.
    var remedy: () -> String? = { nil }
    /// Files of earlier state, see `StateLeftovers`.
    var leftovers: () -> [String] = { [] }
    /// Why something was left out of what is being saved.
    var omission: String?

    /// Many machines may boot within this time.
    static let soonDelay: Duration = .seconds(10)
    private static let retryDelayMin: Duration = .seconds(1)
    private static let retryDelayMax: Duration = .seconds(60)

    package init(
        _ store: any StateStore, on loop: EventLoop, log: Log, interval: Duration,
        keptFor: Duration = ServerSettings.revocationsKeptByDefault
    ) {
        self.store = store
        self.keptFor = keptFor
        begun = loop.now
        self.loop = loop
        self.log = log
        self.interval = interval
    }

    /// How the clients begin.
    ///
    /// - Parameters:
    ///   - clients: of clients.conf.
    ///   - rejected: sections of it that are left out because of errors.
    ///   - sharedKeys: sections of them that have the same key.
    ///   - isIgnoring: whether clients.conf alone decides; what was saved is only told of.
    package func restore(
        _ clients: [ClientSettings], rejected: [ClientName], sharedKeys: [SharedKey] = [],
        isIgnoring: Bool
    ) throws(StateError) -> [ClientRecord] {
        let shared = clients.map { SharedSettings($0) }
        configured = Dictionary(minimumCapacity: shared.count)
        for client in shared { configured[client.values.name] = client }
        loaded = try load(clients.map { $0.name } + rejected, isIgnoring: isIgnoring)
        var input = RestorationInput(shared, now: loop.kernel.wallTime())
        input.rejected = rejected
        input.sharedKeys = sharedKeys
        input.keptFor = keptFor
        input.stateKey = readStateKey()
        let restoration =
            isIgnoring
            ? Restoration.ignoring(loaded, input) : Restoration(input, saved: loaded)
        for line in restoration.lines { log.write(line.level, line.text) }
        keep(restoration, input)
        return restoration.records
    }

    private func keep(_ restoration: Restoration, _ input: RestorationInput) {
        dropped = restoration.dropped
        isRestating = restoration.isCalendarDoubtful
        revocations = restoration.revocations
        sections = restoration.sections
        stateKey = input.stateKey
        for client in restoration.kept {
            kept[client.name] = client
            if client != loaded.clients[client.name] { keptChanged.insert(client.name) }
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
    }

    /// nil if nobody was added, or it cannot be read: then the clients that were added are left out.
    private func readStateKey() -> SharedSecret? {
        guard loaded.clients.values.contains(where: { $0.current?.addedKey != nil }) else {
            return nil
        }
        do throws(StateError) {
            return try store.key(isMade: false)
        } catch {
            log.error(error.text)
            return nil
        }
    }

    private func load(
        _ names: [ClientName], isIgnoring: Bool
    ) throws(StateError) -> SavedState {
        defer { for note in store.takeNotes() { log.warning(note) } }
        do throws(StateError) {
            guard let state = try store.load(searching: names) else {
                noteNothingSaved()
                return SavedState()
            }
            for line in state.findings { log.write(line.level, line.text) }
            note(state)
            if let pickle = state.laterPickle {
                guard isIgnoring else { throw .notImported(pickle) }
                warnUnknown(.notImported(pickle))
            }
            return state
        } catch {
            guard isIgnoring else { throw error }
            switch error {
            case .unreadable, .notImported: warnUnknown(error)
            case .newer, .inUse, .notWritten: throw error
            }
        }
        return SavedState()
    }

    /// Files that are left show that the state was lost, and that this is no first start.
    private func noteNothingSaved() {
        let found = leftovers()
        guard !found.isEmpty else {
            log.warning("no saved state: all clients begin as clients.conf says")
            return
        }
        let names = found.reduce("") { $0.isEmpty ? $1 : "\($0), \($1)" }
        let text =
            "clients.db and revocations.log are gone, but there was state, as \(names) shows: all "
            + "clients begin as clients.conf says, also those who were disabled or removed"
        log.critical("\(text); put both files back from a backup, or disable who is not trusted")
        startProblems = [text]
    }

    private func warnUnknown(_ error: StateError) {
        log.warning("not restored, and unknown who was disabled or removed: \(error.text)")
    }

    private func note(_ state: SavedState) {
        mustSave = state.isToBeSaved || state.damage != nil
        startProblems = state.problems
    }

    /// Problems of the saved state for the operator, a sentence each: what was wrong with it at
    /// the start, until the next one; and that it cannot be saved, as long as that is so.
    package var problems: [String] {
        startProblems + (problem.map { ["not saved: \($0)"] } ?? [])
    }

    /// From now on saves what changes, and now what is not as it was saved. To be called when the
    /// clients have begun.
    package func follow(_ registry: ClientRegistry) {
        self.registry = registry
        registry.add(self)
        registry.saver = self
        registry.clockWasSet = { [unowned(unsafe) self] in unsafe self.restate() }
        if isRestating { restate() }
        registry.revocations = revocations
        revocations = Revocations()
        for name in servedNames {
            guard let client = snapshot(of: name) else { continue }
            if let urgency = urgency(of: client) { mark(name, urgency) }
        }
        let isUnsaved =
            !dropped.isEmpty || !keptChanged.isEmpty || registry.revocations.hasChanged
        let isUrgent = dirty.urgency ?? .idle >= .prompt || !unproven.isEmpty
        if isUrgent || isUnsaved || mustSave { save(.soon) }
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

    /// Those of clients.conf, and those that were added at run time.
    private var servedNames: Set<ClientName> {
        Set(configured.keys).union(registry?.names ?? [])
    }

    /// Times of the calendar are saved with each client, and all of them are others now.
    private func restate() {
        isRestating = true
        for name in servedNames { mark(name, .now) }
    }

    /// Saves everything that is left, and lets go of the store.
    package func stop() {
        noteAbsence()
        isStopping = true
        // They have less time left than when they were last saved.
        for name in servedNames where registry?.record(of: name)?.isEnabled == true {
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

    /// Sections that clients.conf lacks have been away for as long as this has run.
    private func noteAbsence() {
        let span = loop.now - begun
        guard span > .zero else { return }
        for (name, client) in kept {
            guard let absent = client.absent else { continue }
            kept[name]?.absent = absent + span
            keptChanged.insert(name)
        }
        registry?.revocations.lengthenAbsence(by: span)
    }

    func schedule() {
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
        meet(store.takeForeign())
        var actions: [(SaveOutcome) -> Void] = []
        swap(&actions, &waiting)
        for action in actions { action(outcome) }
    }

    /// All that was found is on the disk by now, or will be with the next save.
    private func meet(_ foreign: ForeignState) {
        guard !foreign.lines.isEmpty else { return }
        for line in foreign.lines { log.write(line.level, line.text) }
        startProblems += foreign.lines.map { $0.text }
        if !isStopping { registry?.adopt(foreign.revocations) }
        problemsChanged()
    }

    private func write(_ least: DirtyClients.Urgency) -> SaveOutcome {
        let taken = dirty.take(least)
        let changes = changes(taken)
        do throws(StateError) {
            let reason = omission.take()
            if !changes.isEmpty || mustSave { try store.save(changes, or: everything) }
            dropped = []
            mustSave = false
            keptChanged = []
            isRestating = false
            noteSuccess()
            return reason.map { .notSaved(reason: $0) } ?? .saved
        } catch {
            dirty.merge(taken)
            registry?.revocations.putBack(
                begun: changes.revocations, ended: changes.endedRevocations)
            noteFailure(error.text)
            return .notSaved(reason: error.text)
        }
    }

    private func changes(_ clients: DirtyClients) -> StateChanges {
        var changes = StateChanges(time: loop.kernel.wallTime())
        changes.dropped = dropped
        clients.forEach { name, urgency in
            if urgency == .now {
                if let client = snapshot(of: name) {
                    changes.clients.append(client)
                } else {
                    changes.dropped.append(name)
                }
            } else if let record = registry?.record(of: name) {
                changes.liveness.append((name, liveness(of: record)))
            }
        }
        if isRestating { keptChanged.formUnion(kept.keys) }
        for name in keptChanged { if let client = kept[name] { changes.clients.append(client) } }
        let revocations = registry?.revocations.takeChanges()
        changes.revocations = revocations?.begun ?? []
        changes.endedRevocations = revocations?.ended ?? []
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
                    + "trying again" + (remedy().map { "; \($0)" } ?? ""))
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
