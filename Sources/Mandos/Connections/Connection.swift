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

    let id: Admission.ID
    let peer: SocketAddress
    let service: ConnectionService
    private var watch: Watch?
    private var deadline: Timer?
    /// Once it is known which client this is.
    var request: SecretRequest?
    var phase: ConnectionPhase
    private let accepted: Instant

    init(
        _ id: Admission.ID, descriptor: consuming Descriptor, peer: SocketAddress,
        service: ConnectionService
    ) throws(SystemError) {
        self.id = id
        self.peer = peer
        self.service = service
        self.accepted = service.loop.now
        phase = .readingVersion(VersionLine(bytesMax: service.limits.versionLineBytesMax))
        // Both tokens hold the connection, until `close` lets go of them.
        watch = try service.loop.watch(descriptor, for: .input) { [self] _ in advance() }
        arm(at: self.accepted + limits.versionLineTimeout) { [self] in
            refuse(.noVersion, "sent no protocol version")
        }
    }

    /// Makes all steps that can be made at once.
    func advance() {
        while case .again = step() {}
    }

    private func step() -> Step {
        switch phase {
        case .readingVersion(let line): readVersion(line)
        case .handshaking(let session): shakeHands(session)
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
            return beginHandshake()
        }
    }

    private func beginHandshake() -> Step {
        do throws(TLSError) {
            let session = try TLSSession(service.tls)
            service.log.debug("\(peer.text): sent its protocol version")
            enter(.handshaking(session))
            arm(at: accepted + limits.handshakeTimeout) { [self] in
                refuse(.handshake, "the TLS handshake took too long")
            }
            return .again
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
        error.isIncompatible ? need : ""
    }

    static let need =
        "; a peer needs mandos-client 1.8.1 or later, which has a raw public key and TLS 1.3"
}

// What a step can do.
extension Connection {
    var limits: ConnectionLimits { service.limits }

    /// Goes over to another phase, and has the connection counted where it belongs from now on.
    func enter(_ next: ConnectionPhase) {
        service.note(self) { phase = next }
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

    /// Closes the connection at `instant`, instead of the deadline that it had.
    func arm(_ level: LogLevel, _ lateness: String, at instant: Instant) {
        arm(at: instant) { [self] in close(level, lateness) }
    }

    /// Does `action` at `instant`, instead of the deadline that it had.
    func arm(at instant: Instant, _ action: @escaping () -> Void) {
        deadline = service.loop.timer(at: instant, action: action)
    }

    /// Whether it is not known, or not yet, which client this is.
    var isStranger: Bool { request == nil }

    @discardableResult
    func close(_ level: LogLevel, _ reason: String) -> Step {
        service.log.write(level, "\(peer.text): \(reason)")
        if isStranger { service.strangers.noteRefusal(of: peer) }
        return letGo()
    }

    /// Closes the connection of a stranger, whose lines are limited.
    @discardableResult
    func refuse(_ kind: StrangerLines.Kind, _ reason: String) -> Step {
        service.strangers.write(kind, from: peer, "\(peer.text): \(reason)")
        service.strangers.noteRefusal(of: peer)
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

    func unacknowledgedBytes() throws(SystemError) -> Int {
        try watch?.unacknowledgedBytes() ?? 0
    }

    func write(from buffer: UnsafeRawBufferPointer) -> Transfer {
        unsafe watch?.write(from: buffer) ?? .endOfStream
    }
}

// What the service asks of it.
extension Connection {
    var stage: Admission.Stage { phase.stage }

    func stop() {
        concludeAcknowledgement()
        service.log.debug("\(peer.text): closed, as the server stops")
        _ = letGo()
    }

    /// Drops it for others, unless what has arrived by now shows who it is.
    func evict() {
        let stage = stage
        advance()
        guard watch != nil, self.stage == stage else { return }
        refuse(.eviction, "dropped: too many connections that do not say who they are")
    }
}
