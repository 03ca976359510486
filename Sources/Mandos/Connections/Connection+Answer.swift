internal import Reactor

// From the peer's key to a decision.
extension Connection {
    func identify(_ session: TLSSession) -> Step {
        service.log.debug("\(peer.text): TLS handshake done")
        do throws(PeerKeyError) {
            let keyID = try session.peerKeyID()
            service.log.debug("\(peer.text): key ID \(keyID.hex)")
            return decide(session, service.registry.client(with: keyID), keyID)
        } catch {
            let problem =
                switch error {
                case .wrongType(let name): "it is of type \(name)"
                case .missing: "it has no key"
                }
            service.strangers.write(
                .certificate, from: peer, "\(peer.text): bad certificate: \(problem)\(Self.need)")
            return beginClosing(session)
        }
    }

    private func decide(_ session: TLSSession, _ name: ClientName?, _ keyID: KeyID) -> Step {
        guard let name else {
            let isTold = service.strangers.write(
                .unknownKey, from: peer,
                "\(peer.text): no client has key ID \(keyID.hex); address \(peer.host)")
            if isTold { service.registry.noteUnknownKey(keyID, address: peer.host) }
            return beginClosing(session)
        }
        service.identify(self, as: name)
        request = service.registry.request(name) { [self] decision in
            reconsider(hearing: decision)
        }
        return release(session, name)
    }

    /// Asks again, because the delay is over, somebody has decided, or the client is another.
    private func reconsider(hearing decision: Approval.Decision?) {
        switch phase {
        case .awaitingApproval(let session):
            guard let name = request?.name else { return }
            if case .again = release(session, name, hearing: decision) { advance() }
        case .sendingSecret(_, let release, _), .flushing(_, let release):
            if !isStillGranted { takeBack(release) }
        case .readingVersion, .awaitingTurn, .handshaking, .acknowledging, .closing: break
        }
    }

    private var isStillGranted: Bool {
        switch request {
        case .some(let request): service.registry.isStillGranted(request)
        case nil: false
        }
    }

    /// As much as is possible: what the peer's TCP has, it has.
    private func takeBack(_ release: Release) {
        dropUnsent()
        close(.warning, "the secret of \(release.name.text) was not sent whole: trust has ended")
    }

    /// A peer that hangs up, or says goodbye, stops waiting.
    func watchForHangUp(_ session: TLSSession) -> Step {
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
    ) -> Step {
        switch answer(hearing: decision) {
        case .granted(let release):
            enter(.sendingSecret(session, release, sent: 0))
            arm(within: limits.sendTimeout, of: service.loop.now) { [self] in
                guard isLate() else { return }
                close(.warning, "the secret of \(name.text) was not taken in time")
            }
            return .again
        case .waits(let end):
            let delay = (end - service.loop.now).clockText
            service.log.info("client \(name.text): \(peer.text) needs approval within \(delay)")
            enter(.awaitingApproval(session))
            arm(at: end) { [self] in reconsider(hearing: nil) }
            return .again
        case .refused(let level, let reason):
            service.write(level, "client \(name.text): \(reason); nothing is sent", about: name)
            return beginClosing(session)
        }
    }

    private func answer(hearing decision: Approval.Decision?) -> ReleaseDecision {
        switch request {
        case .some(let request): service.registry.answer(request, hearing: decision)
        case nil: .refused(.info, "has not asked")
        }
    }
}
