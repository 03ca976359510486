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
        if revocations.own(settings.name, ClientKey(settings)) != nil { return stayRevoked(shared) }
        if let damage = revocations.ofUnknownClients { return beginLost(shared, since: damage) }
        begin(shared, "is new in clients.conf")
    }

    /// As clients.conf says, which has changed for it, as far as that may end what revokes its key.
    ///
    /// - Parameter change: what has changed, as the end of a sentence about the client.
    mutating func begin(_ shared: SharedSettings, _ change: String) {
        let settings = shared.values
        guard settings.isEnabled else {
            return add(shared, ClientHistory(start: .disabled, created: now))
        }
        endRevocations(of: settings, by: .change, because: change)
        let (name, key) = (settings.name, ClientKey(settings))
        if let own = revocations.own(name, key) {
            say(
                .warning,
                "client \(name.text): stays without trust, although it \(change): \(own.text)")
        }
        guard revocations.applying(to: name, key).isEmpty else { return stayRevoked(shared) }
        add(shared, ClientHistory(start: .enabled, created: now))
    }

    /// The section has another key. Its old one stays revoked, or is from now on.
    private mutating func rekey(
        _ shared: SharedSettings, _ client: SavedClient, from oldKey: ClientKey
    ) {
        let settings = shared.values
        revokeReplaced(settings.name, oldKey)
        say(
            .warning,
            "client \(settings.name.text): has another key in clients.conf; its old "
                + "\(oldKey.text) gets nothing any more")
        if let addedKey = client.current?.addedKey {
            if addedKey.isSame(as: ClientKey(settings)) { return gain(shared, client) }
            return displace(addedKey, by: shared, "has another key in clients.conf")
        }
        begin(shared, "has another key in clients.conf")
    }

    /// Unless the key of the section stays revoked.
    ///
    /// - Parameter addedKey: of a client that was added under the name of the section.
    mutating func displace(
        _ addedKey: ClientKey, by shared: SharedSettings, _ change: String
    ) {
        let settings = shared.values
        guard lasting(settings, .change).isEmpty else { return stayBehind(settings) }
        replaceAdded(settings.name, addedKey)
        begin(shared, change)
    }

    /// clients.conf enables it, and did not before.
    private mutating func switchOn(_ shared: SharedSettings, _ client: SavedClient) {
        let settings = shared.values
        let change = "was enabled in clients.conf"
        let isTold = endRevocations(of: settings, by: .switchingOn, because: change)
        guard revocations.applying(to: settings.name, ClientKey(settings)).isEmpty else {
            return restoreUnchanged(shared, client)
        }
        if !isTold, client.current?.isEnabled != true {
            say(.warning, "client \(settings.name.text): \(change)")
        }
        guard let current = client.current, current.addedKey == nil else {
            if let addedKey = client.current?.addedKey {
                if addedKey.isSame(as: ClientKey(settings)) { return gain(shared, client) }
                return displace(addedKey, by: shared, change)
            }
            return begin(shared, change)
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
            if revocations.own(name, key) == nil {
                revoke(settings, .removed, by: Self.earlierRun)
            }
            return stayRemoved(settings)
        }
        if let addedKey = current.addedKey {
            if addedKey.isSame(as: key) { return gain(shared, client) }
            if !revocations.applying(to: name, key).isEmpty { return stayBehind(settings) }
            replaceAdded(name, addedKey)
            return restoreUnchanged(shared, section(of: client))
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

    /// The revocations of its key do not end.
    private mutating func stayRevoked(_ shared: SharedSettings) {
        let settings = shared.values
        if revocations.own(settings.name, ClientKey(settings))?.reason == .removed {
            return stayRemoved(settings)
        }
        stayDisabled(shared, ClientHistory(start: .disabled, created: now))
    }

    private mutating func stayRemoved(_ settings: ClientSettings) {
        removed.append(settings.name)
        say(.info, "client \(settings.name.text): stays removed, although clients.conf has it")
    }

    /// Another client has its name, that was added at run time.
    private mutating func stayBehind(_ settings: ClientSettings) {
        let (name, key) = (settings.name, ClientKey(settings))
        if revocations.own(name, key) == nil, let other = revocations.gravest(of: name, key) {
            revocations.begin(other.copied(to: name, key))
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
        if let own = revocations.own(name, key) {
            say(.debug, "client \(name.text): stays disabled: \(own.text)")
        } else {
            inheritRevocation(name, key)
        }
        add(shared, history)
    }

    /// A key that was revoked under another name is so under this one, too.
    mutating func inheritRevocation(_ name: ClientName, _ key: ClientKey) {
        guard let other = revocations.gravest(of: name, key) else { return }
        revocations.begin(other.copied(to: name, key))
        say(
            .warning,
            "client \(name.text): disabled: its key was revoked as \(other.name.text): "
                + other.text)
    }

    static let earlierRun = "an earlier run"
}

// Revoking, and what ends it.
extension Restoration {
    /// A change of clients.conf for a client that it enables.
    enum Change {
        /// The section is new, or has another key.
        case change
        /// It was `enabled = no`.
        case switchingOn
    }

    /// The revocations that a change does not end. A section that returns to a key which it had
    /// before is no decision about that key: it ends nothing but that it was replaced. And while
    /// the files do not agree, it is not known what has changed.
    func lasting(_ settings: ClientSettings, _ change: Change) -> [Revocation] {
        let (name, key) = (settings.name, ClientKey(settings))
        if saved.isDoubtful { return revocations.applying(to: name, key) }
        switch change {
        case .switchingOn: return []
        case .change:
            guard revocations.own(name, key) != nil else { return [] }
            return revocations.applying(to: name, key).filter { $0.reason != .replaced }
        }
    }

    /// - Returns: whether there was one.
    @discardableResult
    private mutating func endRevocations(
        of settings: ClientSettings, by change: Change, because text: String
    ) -> Bool {
        var hasEnded = false
        let lasting = Set(lasting(settings, change).map { $0.identity })
        for revocation in revocations.applying(to: settings.name, ClientKey(settings))
        where !lasting.contains(revocation.identity) {
            revocations.end(revocation.identity)
            say(.warning, revocation.endText(for: settings.name, deed: text))
            hasEnded = true
        }
        return hasEnded
    }

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
        guard revocations.own(name, key) == nil, owners[key] == nil else { return }
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
