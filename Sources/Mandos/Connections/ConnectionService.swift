internal import CShims.Linux
package import Reactor

/// All connections of a server: accepts them, keeps them within their limits, and lets them go.
package final class ConnectionService {
    let loop: EventLoop
    let tls: TLSContext
    let registry: ClientRegistry
    let log: Log
    let strangers: StrangerLog
    let limits: ConnectionLimits

    private var listener: Watch?
    /// By place.
    private var connections: [Connection?] = []
    private var admission: Admission
    private(set) var lag = Lag()
    private var endOfTurn: Hook?
    /// Gives sources their turns; nil once it is stopped. Made once, so that putting it off allocates
    /// nothing.
    private var takeTurns: (() -> Void)?
    private var willTakeTurns = false
    /// While it stands, nobody is accepted.
    private var pause: Timer?
    /// Given up for a moment when no other descriptor is left, to tell a peer so by closing.
    private var spare: Descriptor?

    /// More than this wait for the next turn, so that those already here get on.
    private static let acceptsPerTurnMax = 256
    private static let pauseMin: Duration = .milliseconds(2)
    /// Steps of handshakes. Each costs 50 µs to begin one, and 250 µs to verify what a peer answers.
    private static let stepsPerTurnMax = 16
    /// No further step is begun in a turn after so long.
    private static let stepsSpan: Duration = .milliseconds(1)
    /// Once so many were here, memory goes back to the system when they have left.
    private static let crowd = 32
    private var mostConnections = 0
    /// Lines about a lack of descriptors or memory, which strangers can cause.
    private var shortageLines = LineLimit(2, per: .seconds(60))

    /// Warnings that a peer with the key of a client can cause.
    private var clientLines: [ClientName: LineLimit] = [:]

    package init(
        loop: EventLoop, tls: TLSContext, registry: ClientRegistry, log: Log,
        limits: ConnectionLimits
    ) {
        self.loop = loop
        self.tls = tls
        self.registry = registry
        self.log = log
        strangers = StrangerLog(log, on: loop)
        self.limits = limits
        admission = Admission(
            Admission.Limits(
                total: limits.connectionsMax.map { min($0, ResourceLimits.connectionsPossible) }
                    ?? ResourceLimits.connectionsMax,
                perSource: limits.connectionsPerSourceMax,
                perClient: limits.connectionsPerClientMax))
        takeTurns = { [self] in serveTurns() }
        let possible = ResourceLimits.connectionsPossible
        if let wanted = limits.connectionsMax, wanted > possible {
            log.warning(
                "max_connections: \(wanted) need more descriptors than the limit of this process "
                    + "(RLIMIT_NOFILE) allows: at most \(possible)")
        }
    }

    /// - Parameter socket: bound and listening.
    package func serve(_ socket: consuming Descriptor) throws(SystemError) {
        listener = try loop.watch(socket, for: .input) { [self] _ in acceptSome() }
        endOfTurn = loop.beforeSleep { [self] in
            lag.noteTurn(began: loop.now, ended: loop.kernel.now())
        }
        openSpare()
    }

    /// Accepts nobody any more, and drops everybody. Must have been called before it is let go.
    package func stop() {
        listener = nil
        endOfTurn = nil
        pause = nil
        spare = nil
        takeTurns = nil
        for connection in connections { connection?.stop() }
        strangers.stop()
    }

    package var count: Int { admission.count }

    private func acceptSome() {
        for _ in 0..<Self.acceptsPerTurnMax {
            if admission.isFull, let end = respite() { return pauseAccepting(until: end) }
            if !acceptOne() { return }
        }
    }

    /// Until when nobody can be accepted without harm to somebody as good.
    private func respite() -> Instant? {
        admission.respite(at: loop.now) { (try? listener?.queuedConnections()) ?? 0 }
            .map { max($0, loop.now + Self.pauseMin) }
    }

    /// - Returns: whether there may be another one.
    private func acceptOne() -> Bool {
        do throws(SystemError) {
            guard var accepted = try listener?.accept() ?? nil else { return false }
            begin(accepted.peer, accepted.takeDescriptor())
            return true
        } catch {
            return makeDo(without: error)
        }
    }

    private func begin(_ peer: SocketAddress, _ descriptor: consuming Descriptor) {
        strangers.write(.connection, from: peer, "connection from \(peer.text)")
        evict(while: { admission.evictionForNewcomer(at: loop.now) })
        let place = admission.add(from: peer, at: loop.now)
        do throws(SystemError) {
            let connection = try Connection(
                place, descriptor: descriptor, peer: peer, service: self)
            while connections.count <= place { connections.append(nil) }
            connections[place] = connection
            mostConnections = max(mostConnections, count)
            connection.advance()  // its line is here already, more often than not
            evict(while: { admission.eviction(fromSourceOf: place, at: loop.now) })
        } catch {
            admission.remove(place, at: loop.now)
            strangers.write(.resources, from: peer, "\(peer.text): not served: \(error.text)")
        }
    }

    private func evict(while next: () -> Admission.Eviction?) {
        while let eviction = next() { connections[eviction.place]!.evict(eviction) }
    }

    /// Out of descriptors or memory, which a stranger's connection has to give.
    ///
    /// - Returns: whether to go on accepting.
    private func makeDo(without error: SystemError) -> Bool {
        if error.isOutOfDescriptors, let end = respite() {
            pauseAccepting(until: end)
            return false
        }
        if let eviction = admission.relief(at: loop.now) {
            connections[eviction.place]!.evict(eviction)
            if error.isOutOfDescriptors { return true }
        }
        if refuseOne() { return true }
        // Level-triggered, the listener would spin.
        note(shortage: .warning, "cannot accept connections for a moment: \(error.text)")
        pauseAccepting(until: loop.now + .milliseconds(10))
        return false
    }

    /// Closes the next connection, so that the peer need not find out by waiting, and that those
    /// behind it have their chance.
    ///
    /// - Returns: whether there was one, and a descriptor for it.
    private func refuseOne() -> Bool {
        guard spare != nil else { return false }
        spare = nil
        var isRefused = false
        if let accepted = try? listener?.accept() ?? nil {
            let peer = accepted.peer
            strangers.write(.resources, from: peer, "\(peer.text): refused: no descriptor is left")
            isRefused = true
        }
        openSpare()
        return isRefused && spare != nil
    }

    private func openSpare() { spare = try? loop.kernel.openSocket(.ipv4) }

    private func pauseAccepting(until instant: Instant) {
        do throws(SystemError) {
            try listener?.want([])
        } catch {
            note(shortage: .error, "cannot stop listening for a moment: \(error.text)")
        }
        pause = loop.timer(at: instant) { [self] in resumeAccepting() }
    }

    private func note(shortage level: LogLevel, _ text: String) {
        log.write(level, text, within: &shortageLines, at: loop.now)
    }

    private func resumeAccepting() {
        pause = nil
        do throws(SystemError) {
            try listener?.want(.input)
        } catch {
            pauseAccepting(until: loop.now + .milliseconds(100))
        }
    }

    /// Has the connection wait for its source's turn, at which it is called.
    func queue(_ connection: Connection) {
        admission.queue(connection.place, at: loop.now)
        putOffTurns()
    }

    private func putOffTurns() {
        guard !willTakeTurns, admission.hasTurns, let takeTurns else { return }
        willTakeTurns = true
        loop.later(takeTurns)
    }

    private func serveTurns() {
        willTakeTurns = false
        let end = loop.kernel.now() + Self.stepsSpan
        for _ in 0..<Self.stepsPerTurnMax {
            guard let place = admission.nextTurn(at: loop.now) else { break }
            connections[place]!.takeTurn()
            if loop.kernel.now() >= end { break }
        }
        putOffTurns()
    }

    /// A line about a client, or about a peer that has its key.
    func write(_ level: LogLevel, _ text: String, about client: ClientName) {
        guard level == .warning else { return log.write(level, text) }
        log.write(
            level, text, within: &clientLines[client, default: LineLimit(5, per: .seconds(60))],
            at: loop.now)
    }

    /// Counts a connection for a client from now on. It may take the place of another.
    func identify(_ connection: Connection, as client: ClientName) {
        evict(while: { admission.eviction(for: client, at: loop.now) })
        admission.identify(connection.place, as: client, at: loop.now)
    }

    func note(_ stage: Admission.Stage, of connection: Connection) {
        admission.note(stage, of: connection.place, at: loop.now)
    }

    func closed(_ connection: Connection) {
        guard connection.place < connections.count, connections[connection.place] === connection
        else { return }
        connections[connection.place] = nil
        admission.remove(connection.place, at: loop.now)
        if pause != nil { resumeAccepting() }
        if mostConnections >= Self.crowd, count <= mostConnections / 8 {
            mostConnections = count
            if count == 0 { connections = [] }
            loop.later { MemoryPolicy.returnToSystem() }
        }
    }
}

extension SystemError {
    fileprivate var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
}
