internal import Reactor

/// One peer, from its first byte to the last byte of its secret.
///
/// A connection is a table from phase to step (`step`). A step goes as far as the socket allows, and
/// says how it ended; no step waits. Each phase has a deadline.
final class Connection: ByteStream {
    /// How a step ended.
    enum Step {
        /// The next step can be made at once.
        case again
        /// The loop calls back when the socket is ready, a deadline is over or somebody decides.
        case waits
        /// The connection is gone.
        case closed
    }

    /// Where it is counted.
    let place: Admission.Place
    let peer: SocketAddress
    let service: ConnectionService
    private var watch: Watch?
    private var deadline: Timer?
    /// The meaning of `deadline`, if it is a limit to the peer.
    private var limit: PeerDeadline?
    /// Once it is known which client this is.
    var request: SecretRequest?
    var phase: ConnectionPhase
    private let accepted: Instant
    /// Time lost by the server (`Lag`) when the connection was accepted.
    private let lostAtStart: Duration
    /// Time lost beyond that: in the queue for a turn, and because a deadline was noticed late.
    private var lostByDelay: Duration = .zero
    /// Since when it waits for its turn, if it does.
    private var queued: Instant?

    init(
        _ place: Admission.Place, descriptor: consuming Descriptor, peer: SocketAddress,
        service: ConnectionService
    ) throws(SystemError) {
        self.place = place
        self.peer = peer
        self.service = service
        accepted = service.loop.now
        lostAtStart = service.lag.total
        phase = .readingVersion(VersionLine(bytesMax: service.limits.versionLineBytesMax))
        // Both tokens hold the connection, until `close` lets go of them.
        watch = try service.loop.watch(descriptor, for: .input) { [self] in isReady(for: $0) }
        arm(within: limits.versionLineTimeout, of: accepted) { [self] in
            if isLate() { refuse(.noVersion, "sent no protocol version") }
        }
    }

    private func isReady(for readiness: Readiness) {
        queued == nil ? advance() : leaveUnread(readiness)
    }

    /// Makes all steps that can be made at once.
    func advance() {
        while case .again = step() {}
    }

    private func step() -> Step {
        switch phase {
        case .readingVersion(let line): readVersion(line)
        case .awaitingTurn, .handshaking: awaitTurn()
        case .awaitingApproval(let session): watchForHangUp(session)
        case .sendingSecret(let session, let release, let sent): send(release, from: sent, session)
        case .flushing(let session, let release): flush(release, session)
        case .acknowledging(let session, let release, let acknowledgement):
            readAcknowledgement(session, release, acknowledgement)
        case .closing(let session, let wasServed): awaitGoodbye(session, wasServed)
        }
    }

    private func readVersion(_ soFar: VersionLine) -> Step {
        var line = soFar
        var bytes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
            (0, 0, 0, 0, 0, 0, 0, 0)
        let outcome = unsafe withUnsafeMutableBytes(of: &bytes) { buffer -> VersionLine.Outcome? in
            switch unsafe read(into: buffer) {
            case .bytes(let count):
                let received = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
                return unsafe line.receive(received.assumingMemoryBound(to: UInt8.self).span)
            case .wouldBlock: return .incomplete
            case .endOfStream: return line.end()
            case .failed: return nil
            }
        }
        switch outcome {
        case nil:
            return refuse(.noVersion, "the connection broke before a protocol version was sent")
        case .refused(let problem):
            return refuse(.badVersion, "unknown protocol version: \(problem)")
        case .incomplete:
            phase = .readingVersion(line)
            return .waits
        case .accepted:
            service.log.debug("\(peer.text): sent its protocol version")
            enter(.awaitingTurn)
            arm(within: limits.handshakeTimeout, of: accepted) { [self] in
                if isLate() { refuse(.handshake, "the TLS handshake took too long") }
            }
            return .again
        }
    }

    private func beginHandshake() -> Step {
        do throws(TLSError) {
            let session = try TLSSession(service.tls)
            enter(.handshaking(session))
            return shakeHands(session)
        } catch {
            return refuse(.resources, "no TLS session: \(error.text)")
        }
    }

    private func shakeHands(_ session: TLSSession) -> Step {
        do throws(TLSError) {
            switch try session.handshake(over: self) {
            case .wants(let readiness): return wait(for: readiness)
            case .finished: return identify(session)
            }
        } catch {
            if let refusal = error.refusal { return refuse(refusal) }
            return refuse(
                .handshake, "TLS handshake failed: \(error.text)\(Self.hint(error))")
        }
    }

    /// The peer was told by an alert.
    private func refuse(_ refusal: PeerRefusal) -> Step {
        switch refusal {
        case .certificateType(let name):
            refuse(.certificate, "bad certificate: it is of type \(name)\(Self.need)")
        case .noKey: refuse(.certificate, "bad certificate: it has no key\(Self.need)")
        case .key, .message, .excess:
            refuse(.handshake, "TLS handshake refused: the peer sent \(refusal.text)")
        }
    }

    private static func hint(_ error: TLSError) -> String {
        if error.hasLeft { return "; it has hung up, as also does a mandos-client before 1.8.1" }
        return error.isIncompatible ? need : ""
    }

    static let need =
        "; a peer needs mandos-client 1.8.1 or later, which has a raw public key and TLS 1.3"
}

// Turns: steps of a handshake cost time, which sources share (`TurnQueue`).
extension Connection {
    private func awaitTurn() -> Step {
        queued = service.loop.now
        service.queue(self)
        return .waits
    }

    /// Does the next step of the handshake, since its source has its turn.
    func takeTurn() {
        if let since = queued.take() { lostByDelay += service.loop.now - since }
        let outcome: Step =
            switch phase {
            case .awaitingTurn: beginHandshake()
            case .handshaking(let session): shakeHands(session)
            case .readingVersion, .awaitingApproval, .sendingSecret, .flushing, .acknowledging,
                .closing:
                .waits
            }
        if case .again = outcome { advance() }
    }

    /// Something has arrived while the connection waits for its turn. It stays where it is, and is not
    /// told again, or a thousand such connections would keep others from being heard.
    private func leaveUnread(_ readiness: Readiness) {
        guard !readiness.contains(.broken) else {
            refuse(.handshake, "left before its handshake")
            return
        }
        _ = wait(for: [])
    }
}

// Parts of steps.
extension Connection {
    var limits: ConnectionLimits { service.limits }

    /// Goes over to another phase, and has the connection counted where it belongs from now on.
    func enter(_ next: ConnectionPhase) {
        phase = next
        service.note(next.stage, of: self)
    }

    func wait(for readiness: Readiness) -> Step {
        do throws(SystemError) {
            try watch?.want(readiness)
            return .waits
        } catch {
            guard isStranger else { return close(.error, error.text) }
            return refuse(.resources, error.text)
        }
    }

    /// Does `action`, which is to begin with asking `isLate`, when `span` is over, instead of the
    /// deadline that there was.
    func arm(within span: Duration, of start: Instant, _ action: @escaping () -> Void) {
        let limit = PeerDeadline(
            start: start, span: span, lostAtStart: start == accepted ? lostAtStart : lost)
        self.limit = limit
        arm(at: limit.instant(lost: lost), action)
    }

    /// Whether the peer has had its time, that lost by the server not counted. If not, what was armed
    /// is done again when it has.
    func isLate() -> Bool {
        guard let limit else { return true }
        // If the loop is late, what the peer has sent in time may not have been read yet.
        let delay = service.loop.now - limit.instant(lost: lost)
        if delay > Lag.turnAllowed { lostByDelay += delay }
        let end = limit.instant(lost: lost)
        if end > service.loop.now { deadline?.move(to: end) }
        return end <= service.loop.now
    }

    /// Time lost by the server that this peer had to wait, in all.
    private var lost: Duration {
        let waiting = queued.map { service.loop.now - $0 } ?? .zero
        return service.lag.total + lostByDelay + waiting
    }

    /// Does `action` at `instant`, instead of the deadline that it had.
    func arm(at instant: Instant, _ action: @escaping () -> Void) {
        deadline = service.loop.timer(at: instant, action: action)
    }

    /// Whether it is not known, or not yet, which client this is.
    var isStranger: Bool { request == nil }

    @discardableResult
    func close(_ level: LogLevel, _ reason: String) -> Step {
        let text = "\(peer.text): \(reason)"
        if let name = request?.name {
            service.write(level, text, about: name)
        } else {
            service.log.write(level, text)
            service.strangers.noteRefusal(of: peer, .unknownKey)
        }
        return letGo()
    }

    /// Closes the connection of a stranger, whose lines are limited.
    @discardableResult
    func refuse(_ kind: StrangerLines.Kind, _ reason: String) -> Step {
        service.strangers.write(kind, from: peer, "\(peer.text): \(reason)")
        service.strangers.noteRefusal(of: peer, kind)
        return letGo()
    }

    private func letGo() -> Step {
        watch = nil
        deadline = nil
        request = nil
        service.closed(self)
        return .closed
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        unsafe watch?.read(into: buffer) ?? .endOfStream
    }

    /// Bytes on their way to the peer are lost when the connection is closed.
    func dropUnsent() {
        do throws(SystemError) {
            try watch?.setOption(.dropUnsent)
        } catch {
            service.log.debug("\(peer.text): \(error.text)")
        }
    }

    func unacknowledgedBytes() throws(SystemError) -> Int {
        try watch?.unacknowledgedBytes() ?? 0
    }

    func write(from buffer: UnsafeRawBufferPointer) -> Transfer {
        unsafe watch?.write(from: buffer) ?? .endOfStream
    }
}

// Calls by the service.
extension Connection {
    func stop() {
        concludeAcknowledgement(because: "the server stopped")
        service.log.debug("\(peer.text): closed, as the server stops")
        _ = letGo()
    }

    /// Gives its place to another.
    func evict(_ eviction: Admission.Eviction) {
        guard let name = request?.name else {
            refuse(.eviction, eviction.reason)
            return
        }
        concludeAcknowledgement(because: "its place was needed")
        // A peer that was served, and has not said goodbye, loses nothing.
        let level: LogLevel = if case .leaving = phase.stage { .debug } else { .info }
        close(level, "client \(name.text): \(eviction.reason)")
    }
}

extension Admission.Eviction {
    fileprivate var reason: String {
        switch self {
        case .pressure, .shareOfSource:
            "dropped: too many connections that do not say who they are"
        case .shareOfClient:
            "dropped for a newer connection of the same client (max_connections_per_client)"
        case .reserve:
            "dropped for another client, as clients have all places that they may have"
        }
    }
}
