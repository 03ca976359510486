internal import Reactor

/// Who may have a secret.
extension ClientRegistry {
    /// Notes a peer that has proved to be this client, and wants its secret.
    ///
    /// - Parameter wake: called when its answer may be another, with a decision that was just made.
    package func request(
        _ name: ClientName, wake: @escaping (Approval.Decision?) -> Void
    ) -> SecretRequest {
        lastRequestID += 1
        let request = SecretRequest(name, id: lastRequestID, registry: self)
        guard let client = clients[name] else { return request }
        let before = client.approval.pendingCount
        client.requests.append(
            Waiting(
                id: lastRequestID,
                request: client.approval.begin(client.record.settings, at: loop.now), wake: wake))
        notePending(client, before: before)
        return request
    }

    /// Whether the peer may have the secret at this moment: the only way to it, to be asked right
    /// before the first byte is sent.
    ///
    /// - Parameter decision: one that was just made.
    package func answer(
        _ request: borrowing SecretRequest, hearing decision: Approval.Decision? = nil
    ) -> ReleaseDecision {
        let id = request.id
        guard let client = clients[request.name],
            let waiting = client.requests.first(where: { $0.id == id })
        else { return .refused(.info, "no longer exists") }
        let record = client.record
        let answer = client.approval.answer(
            to: waiting.request, settings: record.settings,
            isEnabled: record.isEnabled(at: loop.now), at: loop.now, hearing: decision)
        switch answer {
        case .granted:
            return .granted(Release(name: client.name, secret: record.settings.secret))
        case .asks(let deadline):
            handle(.approvalAsked, client)
            return .waits(until: deadline)
        case .refused(let refusal):
            emit(.rejected(refusal), client)
            switch refusal {
            case .disabled: return .refused(.info, "is disabled")
            case .denied: return .refused(.warning, "approval denied")
            case .timedOut: return .refused(.warning, "approval timed out")
            }
        }
    }

    /// Whether a secret whose first byte was sent may be sent to its end.
    package func isStillGranted(_ request: borrowing SecretRequest) -> Bool {
        let id = request.id
        guard let client = clients[request.name] else { return false }
        return client.record.isEnabled(at: loop.now)
            && client.requests.contains(where: { $0.id == id })
    }

    /// The peer has taken the secret. A client that was removed meanwhile, or another one that has its
    /// name now, gets nothing of that.
    package func noteSecretSent(_ request: borrowing SecretRequest) {
        let id = request.id
        guard let client = clients[request.name], client.requests.contains(where: { $0.id == id })
        else { return }
        handle(.secretSent, client)
    }

    package func noteUnknownKey(_ keyID: KeyID, address: String) {
        for observer in observers { observer.clientNotFound(keyID, address: address) }
    }

    func end(_ id: UInt64, of name: ClientName) {
        guard let client = clients[name],
            let index = client.requests.firstIndex(where: { $0.id == id })
        else { return }
        let before = client.approval.pendingCount
        client.approval.end(client.requests.remove(at: index).request)
        if client.requests.isEmpty { client.requests = [] }  // not one that keeps its memory
        notePending(client, before: before)
    }

    /// Any of them may go away when it or another one is answered.
    func answerRequests(_ client: Client, _ decision: Approval.Decision?) {
        for waiting in client.requests {
            guard client.requests.contains(where: { $0.id == waiting.id }) else { continue }
            waiting.wake(decision)
        }
    }

    private func notePending(_ client: Client, before: Int) {
        guard (before > 0) != (client.approval.pendingCount > 0) else { return }
        announce(.approvalPending, client)
    }
}
