package import Reactor

/// The D-Bus service: the clients and the server itself as objects, under both names of the bus.
/// Survives the bus, and serves on the next connection what it served on the last.
package final class BusService {
    let registry: ClientRegistry
    let loop: EventLoop
    let log: Log
    private(set) var facts: ServerFacts
    var paths: ObjectPaths
    /// While the server ran, not by clients.conf.
    private(set) var added: Set<ClientName>

    private let bus: Bus
    private var session: BusSession?
    private var isStopped = false
    private var retry: Timer?
    private var backOff: BackOff
    /// In the order in which they are asked for: what could not be had comes first the next time, so
    /// that the other one does not come and go with each try.
    private var names = MandosInterfaces.busNames
    /// Whether the log knows that the names are not ours.
    private var isMissed = false

    package init(
        _ registry: ClientRegistry, on bus: Bus, loop: EventLoop, log: Log, facts: ServerFacts,
        backOff: BackOff = BackOff(first: .seconds(1), limit: .seconds(60))
    ) {
        self.registry = registry
        self.bus = bus
        self.loop = loop
        self.log = log
        self.facts = facts
        self.backOff = backOff
        paths = ObjectPaths(registry.names)
        added = Set(registry.names.filter { registry.record(of: $0)?.isAdded == true })
    }

    /// From now on serves whenever there is a bus.
    package func start() {
        registry.objectPath = { [unowned(unsafe) self] in unsafe self.paths[$0] }
        registry.add(self)
        bus.add(self)
    }

    /// Begins to take the objects off the bus. From now on no change is announced, and calls are
    /// refused: what they did would be lost.
    package func beginStop() {
        guard !isStopped else { return }
        isStopped = true
        retry = nil
        registry.objectPath = { _ in nil }
        session?.retract()
    }

    /// Turns the loop until the bus has taken what is to be sent, and leaves the bus; after `span` in
    /// any case, for a bus may be slow, or have stopped. Whoever follows the names is told of the end
    /// by the bus itself.
    package func stop(within span: Duration) {
        beginStop()
        guard let session else { return }
        let end = loop.now + span
        let limit = loop.timer(at: end) {}
        while session.isBusy, loop.now < end, (try? loop.turn()) != nil {}
        _ = consume limit
        session.end()
        self.session = nil
    }

    /// The server is announced under another name from now on.
    package func rename(_ serviceName: String) {
        guard serviceName != facts.serviceName else { return }
        facts.serviceName = serviceName
        session?.announce(.serviceName)
    }

    /// Something else is wrong with the saved state from now on, or nothing.
    package func show(stateProblems problems: [String]) {
        guard problems != facts.stateProblems else { return }
        facts.stateProblems = problems
        session?.announce(.stateProblems)
    }

    /// Whether the names are ours and the objects can be used.
    package var isServing: Bool { session?.isServing ?? false }

    /// Whether an answer with all clients is being made.
    var isAnswering: Bool { session.map { $0.isServing && $0.outbox.workCount > 0 } ?? false }
}

extension BusService: BusUser {
    package func busOpened(_ connection: BusConnection) {
        guard !isStopped else { return }
        // All that can happen to every client at once has to fit.
        connection.queuedMessagesMax = max(connection.queuedMessagesMax, 16 * registry.count)
        begin(on: connection)
    }

    package func busLost() {
        retry = nil
        session?.end()
        session = nil
    }

    private func begin(on connection: BusConnection) {
        let new = BusSession(
            connection, of: self, names: names, owned: { [self] in noteOwned() },
            failed: { [self] in noteFailure($0) })
        session = new
        new.begin()
    }

    private func noteOwned() {
        if isMissed { log.info("D-Bus service is available") }
        isMissed = false
        backOff.reset()
    }

    private func noteFailure(_ failure: BusSession.Failure) {
        if !isMissed {
            log.write(
                failure.level,
                "\(failure.problem); no D-Bus service for now, trying again with pauses")
        }
        isMissed = true
        if let index = names.firstIndex(where: { $0 == failure.name }) { names.swapAt(0, index) }
        session?.end()
        session = nil
        retry = loop.timer(after: backOff.span()) { [self] in
            if let connection = bus.connection, connection.isOpen { begin(on: connection) }
        }
    }
}

extension BusService: ClientObserver {
    package func client(_ name: ClientName, changed property: ClientProperty) {
        session?.announce(property, of: name)
    }

    package func client(_ name: ClientName, emitted signal: ClientSignal) {
        session?.emit(signal, of: name)
    }

    package func clientAdded(_ name: ClientName) {
        paths.add(name)
        session?.announceObject(of: name)
        guard registry.record(of: name)?.isAdded == true else { return }
        added.insert(name)
        session?.announce(.addedClients)
    }

    package func clientRemoved(_ name: ClientName) {
        guard let path = paths[name] else { return }
        paths.remove(name)
        session?.announceRemoval(of: name, path)
        if added.remove(name) != nil { session?.announce(.addedClients) }
    }

    package func clientNotFound(_ keyID: KeyID, address: String) {
        session?.announceStranger(keyID, address)
    }
}

extension BusService {
    /// nil if there is no such client.
    func view(of name: ClientName) -> ClientView? {
        guard let record = registry.record(of: name), let path = paths[name] else { return nil }
        return ClientView(
            record: record, isApprovalPending: registry.isApprovalPending(of: name), path: path)
    }
}
