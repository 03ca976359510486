internal import Reactor

// The clients of clients.conf. In the order of mandos(8), REVOCATION.
extension Restoration {
    mutating func restore(_ shared: SharedSettings) {
        let settings = shared.values
        let (name, key) = (settings.name, ClientKey(settings))
        guard let client = saved.clients[name] else { return restoreUnknown(shared) }
        let isKnown = client.configured != nil
        guard isKnown else {
            let isTaken = client.current?.addedKey != nil
            return isTaken ? gain(shared, client) : begin(shared, "is new in clients.conf")
        }
        if let oldKey = client.configuredKey, !oldKey.isSame(as: key) {
            return rekey(shared, client, from: oldKey)
        }
        if client.configured?.isEnabled == false, settings.isEnabled {
            return switchOn(shared, client)
        }
        restoreUnchanged(shared, client)
    }

    /// Its saved state is, at most, that its key was revoked under this name.
    private mutating func restoreUnknown(_ shared: SharedSettings) {
        let settings = shared.values
        if let revocation = revocations[settings.name, ClientKey(settings)] {
            if revocation.reason == .removed { return stayRemoved(settings) }
            return stayDisabled(shared, ClientHistory(start: .disabled, created: now))
        }
        if let damage = revocations.ofUnknownClients { return beginLost(shared, since: damage) }
        begin(shared, "is new in clients.conf")
    }

    /// As clients.conf says, which has changed for it.
    ///
    /// - Parameter change: what has changed, as the end of a sentence about the client.
    mutating func begin(_ shared: SharedSettings, _ change: String) {
        let settings = shared.values
        if settings.isEnabled { endRevocations(of: settings, because: change) }
        let start: ClientHistory.Start = settings.isEnabled ? .enabled : .disabled
        add(shared, ClientHistory(start: start, created: now))
    }

    private mutating func endRevocations(of settings: ClientSettings, because change: String) {
        for revocation in revocations.endAll(of: settings.name, ClientKey(settings)) {
            say(.warning, revocation.endText(for: settings.name, deed: change))
        }
    }

    /// The section has another key. Its old one stays revoked, or is from now on.
    private mutating func rekey(
        _ shared: SharedSettings, _ client: SavedClient, from oldKey: ClientKey
    ) {
        let settings = shared.values
        revokeReplaced(settings.name, oldKey)
        say(
            .warning,
            "client \(settings.name.text): has another key in clients.conf, so begins as "
                + "clients.conf says; its old \(oldKey.text) gets nothing any more")
        if let addedKey = client.current?.addedKey {
            if addedKey.isSame(as: ClientKey(settings)) { return gain(shared, client) }
            replaceAdded(settings.name, addedKey)
        }
        begin(shared, "has another key in clients.conf")
    }

    /// clients.conf enables it, and did not before.
    private mutating func switchOn(_ shared: SharedSettings, _ client: SavedClient) {
        let settings = shared.values
        endRevocations(of: settings, because: "was enabled in clients.conf")
        guard let current = client.current, current.addedKey == nil else {
            if let addedKey = client.current?.addedKey {
                if addedKey.isSame(as: ClientKey(settings)) { return gain(shared, client) }
                replaceAdded(settings.name, addedKey)
            }
            return begin(shared, "was enabled in clients.conf")
        }
        let old = client.configured ?? ClientValues()
        let merged = merged(shared, old, current)
        add(
            merged,
            current.isEnabled
                ? resumed(merged.values, old, current) : history(of: current, .enabled))
    }

    private mutating func restoreUnchanged(_ shared: SharedSettings, _ client: SavedClient) {
        let settings = shared.values
        let (name, key) = (settings.name, ClientKey(settings))
        guard let current = client.current else {
            if revocations[name, key] == nil { revoke(settings, .removed, by: Self.earlierRun) }
            return stayRemoved(settings)
        }
        if let addedKey = current.addedKey {
            if addedKey.isSame(as: key) { return gain(shared, client) }
            if !revocations.applying(to: name, key).isEmpty { return stayBehind(settings) }
            replaceAdded(name, addedKey)
            return begin(shared, "is in clients.conf again")
        }
        if client.absent != nil {
            say(.info, "client \(name.text): is in clients.conf again, and its state is back")
        }
        let old = client.configured ?? ClientValues()
        let merged = merged(shared, old, current)
        let wasEnabled = client.configured?.isEnabled ?? settings.isEnabled
        guard settings.isEnabled || !wasEnabled else {
            return add(merged, history(of: current, .disabled))
        }
        resume(merged, old, current)
    }

    /// As it was saved, unless its key was revoked.
    private mutating func resume(
        _ shared: SharedSettings, _ old: ClientValues, _ current: SavedClient.Current
    ) {
        let settings = shared.values
        let (name, key) = (settings.name, ClientKey(settings))
        if !revocations.applying(to: name, key).isEmpty {
            return stayDisabled(shared, history(of: current, .disabled))
        }
        guard current.isEnabled else {
            if settings.isEnabled { revoke(settings, .disabled, by: Self.earlierRun) }
            return add(shared, history(of: current, .disabled))
        }
        add(shared, resumed(settings, old, current))
    }

    private mutating func stayRemoved(_ settings: ClientSettings) {
        removed.append(settings.name)
        say(.info, "client \(settings.name.text): stays removed, although clients.conf has it")
    }

    /// Another client has its name, that was added at run time.
    private mutating func stayBehind(_ settings: ClientSettings) {
        let (name, key) = (settings.name, ClientKey(settings))
        if revocations[name, key] == nil, let first = revocations.applying(to: name, key).first {
            revocations.begin(first.copied(to: name, key))
        }
        say(
            .info,
            "client \(name.text): clients.conf has it with another key, which stays revoked "
                + "(\(key.text)): the client was added at run time")
    }

    /// Its key is revoked, under this name or another.
    private mutating func stayDisabled(_ shared: SharedSettings, _ history: ClientHistory) {
        let settings = shared.values
        let (name, key) = (settings.name, ClientKey(settings))
        if let own = revocations[name, key] {
            say(.debug, "client \(name.text): stays disabled: \(own.text)")
        } else {
            inheritRevocation(name, key)
        }
        add(shared, history)
    }

    /// A key that was revoked under another name is so under this one, too.
    mutating func inheritRevocation(_ name: ClientName, _ key: ClientKey) {
        guard let other = revocations.applying(to: name, key).first else { return }
        revocations.begin(other.copied(to: name, key))
        say(
            .warning,
            "client \(name.text): disabled: its key was revoked as \(other.name.text): "
                + other.text)
    }

    static let earlierRun = "an earlier run"
}

// Revoking.
extension Restoration {
    mutating func revoke(
        _ settings: ClientSettings, _ reason: Revocation.Reason, by author: String
    ) {
        revoke(settings.name, ClientKey(settings), reason, by: author)
    }

    mutating func revoke(
        _ name: ClientName, _ key: ClientKey, _ reason: Revocation.Reason, by author: String
    ) {
        revocations.begin(Revocation(name, key, reason, when: now, by: author))
    }

    /// Unless another section has the key now, which is the decision of an operator.
    mutating func revokeReplaced(_ name: ClientName, _ key: ClientKey) {
        let owners = configuredOwners ?? KeyOwners(input.configured)
        configuredOwners = owners
        guard revocations[name, key] == nil, owners[key] == nil else { return }
        revoke(name, key, .replaced, by: "clients.conf")
    }

    mutating func revokeExpired(_ name: ClientName, _ key: ClientKey) {
        revoke(name, key, .expired, by: "expiry")
    }
}

extension Revocation {
    /// For another client that has the same key. It is not gone from clients.conf for that.
    func copied(to name: ClientName, _ key: ClientKey) -> Revocation {
        Revocation(
            name, key, reason == .removed ? .disabled : reason, when: when,
            by: "\(by), as client \(self.name.text)")
    }
}
