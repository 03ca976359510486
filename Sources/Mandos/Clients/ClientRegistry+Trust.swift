internal import Reactor

/// Taking trust away, and giving it back, while the server runs.
extension ClientRegistry {
    /// - Parameter author: who is responsible for what happens in `body`.
    package func acting<Failure: Error>(
        _ author: @escaping () -> String, _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        let before = actor
        actor = author
        defer { actor = before }
        try body()
    }

    /// For the log.
    var byActor: String { actor.map { " by \($0())" } ?? "" }

    /// From then on, an author that could not be named better at first has this name.
    package func nameAuthor(_ author: String, _ name: String) {
        guard revocations.rename(author: author, to: name) else { return }
        for observer in observers { observer.revocationsChanged() }
    }

    func noteRevocation(_ reason: Revocation.Reason, of client: Client) {
        revocations.begin(
            Revocation(
                client.name, ClientKey(client.record.settings), reason,
                when: loop.kernel.wallTime(),
                by: actor?() ?? (reason == .expired ? "expiry" : "the server")))
    }

    /// - Parameter deed: what ends them.
    func endRevocations(of settings: ClientSettings, by deed: String) {
        for revocation in revocations.endAll(of: settings.name, ClientKey(settings)) {
            log.warning(revocation.endText(for: settings.name, deed: deed + byActor))
        }
    }

    /// Revocations that were found in files of another server: all are in force from now on, as well
    /// as those that are already. O(n) in the number of clients.
    package func adopt(_ found: [Revocation]) {
        for revocation in found
        where revocation.outweighs(revocations[revocation.name, revocation.key]) {
            revocations.begin(revocation)
            log.critical(
                "client \(revocation.name.text): revoked, by files that were found: "
                    + "\(revocation.text); \(revocation.key.text)")
        }
        for name in names {
            guard let client = clients[name], client.record.isEnabled else { continue }
            let key = ClientKey(client.record.settings)
            guard let first = revocations.applying(to: name, key).first else { continue }
            disable(name, reason: "its key is revoked: \(first.text)")
            if first.name == name { revocations.begin(first) }
        }
        for observer in observers { observer.revocationsChanged() }
    }

    /// - Throws: who has its name or key.
    package func add(_ settings: ClientSettings) throws(AddProblem) {
        try checkUnique(settings)
        if settings.isEnabled { endRevocations(of: settings, by: "added") }
        var history = ClientHistory(
            start: settings.isEnabled ? .enabled : .disabled, created: loop.kernel.wallTime())
        history.isAdded = true
        insert(ClientRecord(settings, history: history))
        log.info("client \(settings.name.text): added at run time\(byActor)")
        for observer in observers { observer.clientAdded(settings.name) }
        if let client = clients[settings.name] { begin(client) }
    }

    /// O(n) in the number of clients.
    private func checkUnique(_ settings: ClientSettings) throws(AddProblem) {
        if clients[settings.name] != nil { throw .name(settings.name) }
        if let keyID = settings.keyID, let owner = client(with: keyID) { throw .keyID(of: owner) }
        let key = ClientKey(settings)
        if let owner = sharedKeys.first(where: { $0.key.matches(key) }) {
            throw .sharedKey(of: owner.name)
        }
        guard let fingerprint = key.fingerprint else { return }
        for client in clients.values
        where client.record.settings.knownFingerprint == fingerprint {
            throw .fingerprint(of: client.name)
        }
    }
}

extension Revocation {
    /// For the log, at WARNING.
    ///
    /// - Parameters:
    ///   - client: that may have its secret again.
    ///   - deed: what has ended this.
    func endText(for client: ClientName, deed: String) -> String {
        let whose = client == name ? "its revocation" : "the revocation of its key as \(name.text)"
        return "client \(client.text): \(deed), which ends \(whose): \(text)"
    }
}
