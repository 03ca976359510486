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
    private var connections: [Admission.ID: Connection] = [:]
    private var lastID: Admission.ID = 0
    private var admission: Admission
    /// While it stands, nobody is accepted.
    private var pause: Timer?

    /// More than this wait for the next turn, so that those already here get on.
    private static let acceptsPerTurnMax = 64
    /// Once so many were here, memory goes back to the system when they have left.
    private static let crowd = 32
    private var mostConnections = 0
    /// Lines about a lack of descriptors or memory, which strangers can cause.
    private var shortageLines = LineLimit(2, per: .seconds(60))

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
            total: limits.connectionsMax.map { min($0, ResourceLimits.connectionsPossible) }
                ?? ResourceLimits.connectionsMax,
            perSource: limits.connectionsPerSourceMax)
    }

    /// - Parameter socket: bound and listening.
    package func serve(_ socket: consuming Descriptor) throws(SystemError) {
        listener = try loop.watch(socket, for: .input) { [self] _ in acceptSome() }
    }

    /// Accepts nobody any more, and drops everybody. Must have been called before it is let go.
    package func stop() {
        listener = nil
        pause = nil
        for connection in connections.values { connection.stop() }
        strangers.stop()
    }

    package var count: Int { connections.count }

    private func acceptSome() {
        for _ in 0..<Self.acceptsPerTurnMax {
            guard makeRoom({ admission.verdict(at: loop.now) }), acceptOne() else { return }
        }
    }

    /// - Returns: whether there is room; if not, accepting pauses.
    private func makeRoom(_ verdict: () -> Admission.Verdict) -> Bool {
        while true {
            switch verdict() {
            case .accept: return true
            case .evict(let id):
                connections[id]?.evict()
                if connections[id] == nil { return true }
            case .wait(let instant):
                pauseAccepting(until: instant)
                return false
            }
        }
    }

    /// - Returns: whether there may be another one.
    private func acceptOne() -> Bool {
        do throws(SystemError) {
            guard var accepted = try listener?.accept() ?? nil else { return false }
            begin(accepted.peer, accepted.takeDescriptor())
            return true
        } catch {
            // No descriptors or no memory. Level-triggered, the listener would spin.
            note(shortage: .warning, "cannot accept connections for a moment: \(error.text)")
            if makeRoom({ admission.relief(at: loop.now) }) {
                pauseAccepting(until: loop.now + .milliseconds(10))
            }
            return false
        }
    }

    private func begin(_ peer: SocketAddress, _ descriptor: consuming Descriptor) {
        lastID += 1
        let id = lastID
        strangers.write(.connection, from: peer, "connection from \(peer.text)")
        do throws(SystemError) {
            let connection = try Connection(id, descriptor: descriptor, peer: peer, service: self)
            connections[id] = connection
            mostConnections = max(mostConnections, connections.count)
            admission.add(id, from: peer, at: loop.now)
            connection.advance()  // its line is here already, more often than not
            while let victim = admission.surplus(from: peer, at: loop.now) {
                connections[victim]?.evict()
            }
        } catch {
            strangers.write(.resources, from: peer, "\(peer.text): not served: \(error.text)")
        }
    }

    private func pauseAccepting(until instant: Instant) {
        do throws(SystemError) {
            try listener?.want([])
        } catch {
            note(shortage: .error, "cannot stop listening for a moment: \(error.text)")
        }
        pause = loop.timer(at: instant) { [self] in resumeAccepting() }
    }

    private func note(shortage level: LogLevel, _ text: String) {
        switch shortageLines.line(at: loop.now) {
        case .leaveOut: log.debug(text)
        case .write(before: 0): log.write(level, text)
        case .write(let before): log.write(level, "\(text); and \(before) more like this before")
        }
    }

    private func resumeAccepting() {
        pause = nil
        do throws(SystemError) {
            try listener?.want(.input)
        } catch {
            pauseAccepting(until: loop.now + .milliseconds(100))
        }
    }

    /// Carries out a change of phase and counts the connection anew.
    func note(_ connection: Connection, _ change: () -> Void) {
        let old = connection.stage
        change()
        guard connection.stage != old else { return }
        admission.move(
            connection.id, from: connection.peer, old, to: connection.stage, at: loop.now)
        if pause != nil, connection.stage == .leaving { resumeAccepting() }
    }

    func closed(_ connection: Connection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        admission.remove(connection.id, from: connection.peer, connection.stage)
        if pause != nil { resumeAccepting() }
        if mostConnections >= Self.crowd, connections.count <= mostConnections / 8 {
            mostConnections = connections.count
            loop.later { MemoryPolicy.returnToSystem() }
        }
    }
}
