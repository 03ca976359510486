internal import Reactor

// From the first byte of a secret, or a refusal, to the goodbye of the peer.
extension Connection {
    /// Longer is not needed for a goodbye.
    private static let goodbyeTimeout: Duration = .seconds(2)

    func send(_ release: Release, from start: Int, _ session: TLSSession) -> Step {
        do throws(TLSError) {
            let sent = try unsafe release.secret.withBytes { bytes throws(TLSError) in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                return try unsafe start + session.send(rest, over: self)
            }
            if sent == release.secret.count {
                // The goodbye leaves in one packet with the last record.
                try session.bye(over: self)
                phase = .flushing(session, release)
                return .again
            }
            phase = .sendingSecret(session, release, sent: sent)
            _ = try session.flush(over: self)
            return wait(for: .output)
        } catch {
            return notSent(release, error)
        }
    }

    func flush(_ release: Release, _ session: TLSSession) -> Step {
        do throws(TLSError) {
            guard try session.flush(over: self) else { return wait(for: .output) }
            return awaitAcknowledgement(release, session)
        } catch {
            return notSent(release, error)
        }
    }

    private func notSent(_ release: Release, _ error: TLSError) -> Step {
        close(.warning, "the secret of \(release.name.text) was not sent: \(error.text)")
    }

    /// After a refusal.
    func beginClosing(_ session: TLSSession) -> Step {
        do throws(TLSError) {
            try session.bye(over: self)
        } catch {
            return endWithoutGoodbye(error, wasServed: false)
        }
        return beginGoodbye(.closing(session, wasServed: false))
    }

    func beginGoodbye(_ phase: ConnectionPhase) -> Step {
        enter(phase)
        arm(within: Self.goodbyeTimeout, of: service.loop.now) { [self] in
            if isLate() { close(.debug, "said no goodbye") }
        }
        return .again
    }

    func awaitGoodbye(_ session: TLSSession, _ wasServed: Bool) -> Step {
        do throws(TLSError) {
            switch try session.awaitBye(over: self) {
            case .wants(let readiness): return wait(for: readiness)
            case .finished:
                _ = try session.flush(over: self)
                return close(.debug, "closed")
            }
        } catch {
            return endWithoutGoodbye(error, wasServed: wasServed)
        }
    }

    private func endWithoutGoodbye(_ error: TLSError, wasServed: Bool) -> Step {
        let reason = "no orderly goodbye: \(error.text)"
        if isStranger { return refuse(.farewell, reason) }
        return close(wasServed ? .warning : .info, reason)
    }
}
