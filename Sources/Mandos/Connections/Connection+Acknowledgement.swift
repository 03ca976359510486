internal import Reactor

// From the last byte of a secret to the certainty that the peer has it.
extension Connection {
    /// Everything was written. Only what the peer has acknowledged counts as sent: it may be gone.
    func awaitAcknowledgement(_ release: Release, _ session: TLSSession) -> Step {
        let now = service.loop.now
        let acknowledgement = Acknowledgement(limit: now + limits.deadPeerTimeout)
        enter(.acknowledging(session, release, acknowledgement))
        arm(at: acknowledgement.firstAsk(at: now)) { [self] in askWhetherTaken() }
        return .again
    }

    /// The socket is ready: the peer has said goodbye or closed, or the connection has broken.
    func readAcknowledgement(
        _ session: TLSSession, _ release: Release, _ acknowledgement: Acknowledgement
    ) -> Step {
        if acknowledgement.hasEnded { return readEnd(release) }
        do throws(TLSError) {
            if case .wants(let readiness) = try session.awaitBye(over: self) {
                return wait(for: readiness)
            }
            _ = try session.flush(over: self)
            return noteEnd(session, release, acknowledgement, nil)
        } catch {
            return noteEnd(session, release, acknowledgement, error)
        }
    }

    /// The peer says nothing more. A peer that closed before the secret came has not taken it: its TCP
    /// answers with a reset.
    private func noteEnd(
        _ session: TLSSession, _ release: Release, _ acknowledgement: Acknowledgement,
        _ error: TLSError?
    ) -> Step {
        if isAcknowledged {
            noteTaken(release)
            guard let error else { return close(.debug, "closed") }
            return close(.warning, "no orderly goodbye: \(error.text)")
        }
        if let cause = error?.cause { return notTaken(release, cause.reason) }
        var ended = acknowledgement
        ended.hasEnded = true
        phase = .acknowledging(session, release, ended)
        return wait(for: [])
    }

    /// With nothing wanted, epoll only tells that the connection has broken. Reading tells why, unless
    /// the peer had closed its side before: then it goes on to say that.
    private func readEnd(_ release: Release) -> Step {
        if isAcknowledged { return closeTaken(release) }
        var byte: UInt8 = 0
        let transfer = unsafe withUnsafeMutableBytes(of: &byte) { unsafe read(into: $0) }
        if case .failed(let error) = transfer { return notTaken(release, error.reason) }
        return notTaken(release, "the peer had closed the connection")
    }

    private func askWhetherTaken() {
        guard case .acknowledging(let session, let release, var acknowledgement) = phase else {
            return
        }
        let now = service.loop.now
        switch acknowledgement.judge(unacknowledged: isAcknowledged ? 0 : 1, at: now) {
        case .taken where acknowledgement.hasEnded: _ = closeTaken(release)
        case .taken:
            noteTaken(release)
            _ = beginGoodbye(.closing(session, wasServed: true))
            advance()
        case .ask(let next):
            phase = .acknowledging(session, release, acknowledgement)
            arm(at: next) { [self] in askWhetherTaken() }
        case .lost: _ = notTaken(release, "nothing was acknowledged in time")
        }
    }

    /// The server cannot wait for an acknowledgement any more.
    func concludeAcknowledgement(because reason: String) {
        guard case .acknowledging(_, let release, _) = phase else { return }
        if isAcknowledged { return noteTaken(release) }
        service.write(
            .warning,
            "\(peer.text): the secret of \(release.name.text) was not taken before \(reason)",
            about: release.name)
    }

    /// If it cannot be found out, it is not.
    private var isAcknowledged: Bool {
        do throws(SystemError) {
            return try unacknowledgedBytes() == 0
        } catch {
            service.log.debug("\(peer.text): \(error.text)")
            return false
        }
    }

    private func closeTaken(_ release: Release) -> Step {
        noteTaken(release)
        return close(.debug, "closed")
    }

    private func noteTaken(_ release: Release) {
        service.log.info("client \(release.name.text): secret sent to \(peer.text)")
        switch request {
        case .some(let request): service.registry.noteSecretSent(request)
        case nil: break
        }
    }

    private func notTaken(_ release: Release, _ reason: String) -> Step {
        close(.warning, "the secret of \(release.name.text) was not taken: \(reason)")
    }
}
