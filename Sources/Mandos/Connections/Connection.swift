internal import Reactor

/// One peer, from its first byte to the last byte of its secret.
///
/// Nothing here waits: each step goes as far as the socket allows, and the loop brings it back. A
/// deadline of its phase stands over each of them.
final class Connection: ByteStream {
    private enum Phase {
        case readingVersion(VersionLine)
        case handshaking(TLSSession)
        case awaitingApproval(TLSSession)
        case sendingSecret(TLSSession, Release, sent: Int)
        /// Its last bytes and our goodbye are on their way.
        case flushing(TLSSession, Release)
        /// The peer's goodbye is all that is missing.
        case closing(TLSSession, wasServed: Bool)
    }

    let id: Admission.ID
    let peer: SocketAddress
    private let service: ConnectionService
    private var watch: Watch?
    private var deadline: Timer?
    /// Once it is known whose machine it is.
    private var request: SecretRequest?
    private var phase: Phase
    private let accepted: Instant

    /// For a goodbye, there is no need of more.
    private static let goodbyeTimeout: Duration = .seconds(2)

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
        arm(.info, "sent no protocol version", at: self.accepted + limits.versionLineTimeout)
    }

    var stage: Admission.Stage {
        switch phase {
        case .readingVersion: .silent
        case .handshaking: .handshaking
        case .closing(_, wasServed: false): .leaving
        case .awaitingApproval, .sendingSecret, .flushing, .closing: .authenticated
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        unsafe watch?.read(into: buffer) ?? .endOfStream
    }

    func write(from buffer: UnsafeRawBufferPointer) -> Transfer {
        unsafe watch?.write(from: buffer) ?? .endOfStream
    }

    /// Does all that can be done at once.
    func advance() {
        while step() {}
    }

    /// - Returns: whether there is more to do at once.
    private func step() -> Bool {
        switch phase {
        case .readingVersion(let line): readVersion(line)
        case .handshaking(let session): shakeHands(session)
        case .awaitingApproval(let session): stayInTouch(session)
        case .sendingSecret(let session, let release, let sent): send(release, from: sent, session)
        case .flushing(let session, let release): flush(release, session)
        case .closing(let session, let wasServed): awaitGoodbye(session, wasServed)
        }
    }

    private func readVersion(_ soFar: VersionLine) -> Bool {
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
            return close(.debug, "the connection broke before a protocol version was sent")
        case .refused(let problem):
            return close(.error, "unknown protocol version: \(problem)")
        case .incomplete:
            phase = .readingVersion(line)
            return false
        case .accepted:
            return beginHandshake()
        }
    }

    private func beginHandshake() -> Bool {
        do throws(TLSError) {
            let session = try TLSSession(service.tls)
            service.log.debug("\(peer.text): sent its protocol version")
            service.note(self) { phase = .handshaking(session) }
            arm(
                .warning, "the TLS handshake took too long", at: accepted + limits.handshakeTimeout)
            return true
        } catch {
            return close(.error, "no TLS session: \(error.text)")
        }
    }

    private func shakeHands(_ session: TLSSession) -> Bool {
        do throws(TLSError) {
            switch try session.handshake(over: self) {
            case .wants(let readiness): return wait(for: readiness)
            case .finished: return identify(session)
            }
        } catch {
            return close(.warning, "TLS handshake failed: \(error.text)\(Self.hint(error))")
        }
    }

    private static func hint(_ error: TLSError) -> String {
        error.isIncompatible ? need : ""
    }

    private static let need =
        "; a peer needs mandos-client 1.8.1 or later, which has a raw public key and TLS 1.3"

    private func identify(_ session: TLSSession) -> Bool {
        service.log.debug("\(peer.text): TLS handshake done")
        do throws(PeerKeyError) {
            let keyID = try session.peerKeyID()
            service.log.debug("\(peer.text): key ID \(keyID.hex)")
            return decide(session, service.registry.client(with: keyID), keyID)
        } catch {
            switch error {
            case .wrongType(let name): service.log.info("\(peer.text): sent a key of type \(name)")
            case .missing: service.log.info("\(peer.text): sent no key")
            }
            service.log.warning("\(peer.text): bad certificate\(Self.need)")
            return beginClosing(session)
        }
    }

    private func decide(_ session: TLSSession, _ name: ClientName?, _ keyID: KeyID) -> Bool {
        guard let name else {
            service.log.info(
                "\(peer.text): no client has key ID \(keyID.hex); address \(peer.host)")
            service.registry.noteUnknownKey(keyID, address: peer.host)
            return beginClosing(session)
        }
        request = service.registry.request(name) { [self] decision in
            reconsider(hearing: decision)
        }
        return release(session, name)
    }

    /// Asks again, because the delay is over, somebody has decided, or the client is another.
    private func reconsider(hearing decision: Approval.Decision?) {
        guard case .awaitingApproval(let session) = phase, let name = request?.name else { return }
        if release(session, name, hearing: decision) { advance() }
    }

    /// A peer that hangs up, or says goodbye, stops waiting.
    private func stayInTouch(_ session: TLSSession) -> Bool {
        do throws(TLSError) {
            if case .wants(let readiness) = try session.awaitBye(over: self) {
                return wait(for: readiness)
            }
            return close(.info, "left while it waited for approval")
        } catch {
            return close(.info, "left while it waited for approval: \(error.text)")
        }
    }

    /// The only way to a secret: asks the registry, from the live record, right before the first
    /// byte is sent.
    private func release(
        _ session: TLSSession, _ name: ClientName, hearing decision: Approval.Decision? = nil
    ) -> Bool {
        switch answer(hearing: decision) {
        case .granted(let release):
            service.note(self) { phase = .sendingSecret(session, release, sent: 0) }
            arm(
                .warning, "the secret of \(name.text) was not taken in time",
                at: service.loop.now + limits.sendTimeout)
            return true
        case .waits(let end):
            let delay = (end - service.loop.now).clockText
            service.log.info("client \(name.text): \(peer.text) needs approval within \(delay)")
            service.note(self) { phase = .awaitingApproval(session) }
            deadline = service.loop.timer(at: end) { [self] in reconsider(hearing: nil) }
            return true
        case .refused(let level, let reason):
            service.log.write(level, "client \(name.text): \(reason); nothing is sent")
            return beginClosing(session)
        }
    }

    private func answer(hearing decision: Approval.Decision?) -> ReleaseDecision {
        switch request {
        case .some(let request): service.registry.answer(request, hearing: decision)
        case nil: .refused(.info, "has not asked")
        }
    }

    private func send(_ release: Release, from start: Int, _ session: TLSSession) -> Bool {
        do throws(TLSError) {
            let sent = try unsafe release.secret.withBytes { bytes throws(TLSError) in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                return try unsafe start + session.send(rest, over: self)
            }
            phase = .sendingSecret(session, release, sent: sent)
            guard sent == release.secret.count else {
                _ = try session.flush(over: self)
                return wait(for: .output)
            }
            // The goodbye leaves in one packet with the last record.
            try session.bye(over: self)
            guard try session.flush(over: self) else {
                phase = .flushing(session, release)
                return wait(for: .output)
            }
            return concludeSending(release, session)
        } catch {
            return notSent(release, error)
        }
    }

    private func flush(_ release: Release, _ session: TLSSession) -> Bool {
        do throws(TLSError) {
            guard try session.flush(over: self) else { return wait(for: .output) }
            return concludeSending(release, session)
        } catch {
            return notSent(release, error)
        }
    }

    private func concludeSending(_ release: Release, _ session: TLSSession) -> Bool {
        service.log.info("client \(release.name.text): secret sent to \(peer.text)")
        service.registry.noteSecretSent(release.name)
        phase = .closing(session, wasServed: true)
        arm(.debug, "said no goodbye", at: service.loop.now + Self.goodbyeTimeout)
        return true
    }

    private func notSent(_ release: Release, _ error: TLSError) -> Bool {
        close(.warning, "the secret of \(release.name.text) was not sent: \(error.text)")
    }

    /// After a refusal.
    private func beginClosing(_ session: TLSSession) -> Bool {
        do throws(TLSError) {
            try session.bye(over: self)
        } catch {
            return close(.info, "no orderly goodbye: \(error.text)")
        }
        service.note(self) { phase = .closing(session, wasServed: false) }
        arm(.debug, "said no goodbye", at: service.loop.now + Self.goodbyeTimeout)
        return true
    }

    private func awaitGoodbye(_ session: TLSSession, _ wasServed: Bool) -> Bool {
        do throws(TLSError) {
            switch try session.awaitBye(over: self) {
            case .wants(let readiness): return wait(for: readiness)
            case .finished:
                _ = try session.flush(over: self)
                return close(.debug, "closed")
            }
        } catch {
            // Who is nobody's client could fill the log with warnings.
            return close(wasServed ? .warning : .info, "no orderly goodbye: \(error.text)")
        }
    }

    private func wait(for readiness: Readiness) -> Bool {
        do throws(SystemError) {
            try watch?.want(readiness)
            return false
        } catch {
            return close(.error, error.text)
        }
    }

    private var limits: ConnectionLimits { service.limits }

    private func arm(_ level: LogLevel, _ lateness: String, at instant: Instant) {
        deadline = service.loop.timer(at: instant) { [self] in close(level, lateness) }
    }

    func stop() { close(.debug, "closed, as the server stops") }

    /// Drops it for others, unless what has arrived by now shows who it is.
    func evict() {
        let stage = stage
        advance()
        guard watch != nil, self.stage == stage else { return }
        close(.info, "dropped: too many connections that do not say who they are")
    }

    @discardableResult
    private func close(_ level: LogLevel, _ reason: String) -> Bool {
        service.log.write(level, "\(peer.text): \(reason)")
        watch = nil
        deadline = nil
        request = nil
        service.closed(self)
        return false
    }
}
