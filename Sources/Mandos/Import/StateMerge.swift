internal import Reactor

/// The state of a server in Python, taken over beside what is saved already. A client that is
/// disabled or removed in one of both stays that. Makes no system call.
struct StateMerge {
    /// Clients and revocations.
    private(set) var state: SavedState
    private var revocations: Revocations
    private let sections: [ClientName: ClientSettings]
    private let now: WallTime

    /// - Parameter sections: of clients.conf as it is now.
    init(
        _ pickled: SavedState, over existing: SavedState, sections: [ClientSettings],
        now: WallTime
    ) {
        state = existing
        revocations = Revocations(existing.revocations)
        var byName: [ClientName: ClientSettings] = [:]
        for section in sections { byName[section.name] = section }
        self.sections = byName
        self.now = now
        for client in pickled.clients.values { take(client) }
        if existing.isDoubtful { for section in sections { hold(section) } }
        state.revocations = revocations.all
    }

    private mutating func take(_ client: SavedClient) {
        let (section, old) = (sections[client.name], state.clients[client.name])
        let reason = Self.revocation(of: client)
        if let reason { revoke(client, section, reason) }
        var merged = client
        merged.configuredKey = Self.key(of: client, section)
        if let old {
            guard old.current?.addedKey == nil else { return }
            merged = Self.merged(merged, over: old)
        }
        // No change of clients.conf since the file was saved switches it on.
        if reason != nil, let section, merged.configured != nil {
            merged.configured?.isEnabled = section.isEnabled
        }
        state.clients[client.name] = merged
    }

    /// The two files of the saved state did not agree, and do so from now on. No change of clients.conf
    /// that the next start finds is known to be one.
    private mutating func hold(_ section: ClientSettings) {
        let (name, key) = (section.name, ClientKey(section))
        guard let revocation = revocations.gravest(of: name, key) else { return }
        if revocations.own(name, key) == nil { revocations.begin(revocation.copied(to: name, key)) }
        guard state.clients[name]?.configured != nil else { return }
        state.clients[name]?.configured?.isEnabled = section.isEnabled
    }

    /// nil if it was enabled, or disabled only by clients.conf.
    private static func revocation(of client: SavedClient) -> Revocation.Reason? {
        guard let current = client.current else { return .removed }
        return current.isEnabled || client.configured?.isEnabled == false ? nil : .disabled
    }

    /// Such a server knows a client by its name. So it is the key of then, and the key of the section.
    private mutating func revoke(
        _ client: SavedClient, _ section: ClientSettings?, _ reason: Revocation.Reason
    ) {
        var keys = [client.configuredKey, section.map { ClientKey($0) }].compactMap { $0 }
        if keys.isEmpty { keys = [ClientKey(keyID: nil, fingerprint: nil)] }
        for key in keys {
            if let known = revocations.own(client.name, key), known.reason != .replaced { continue }
            revocations.begin(Revocation(client.name, key, reason, when: now, by: "import"))
        }
    }

    /// Where the file has only a fingerprint and the section only a key ID, they cannot be compared,
    /// and are taken for the same.
    private static func key(of client: SavedClient, _ section: ClientSettings?) -> ClientKey? {
        guard let section else { return client.configuredKey }
        let key = ClientKey(section)
        guard let old = client.configuredKey else { return key }
        let isComparable =
            (old.keyID != nil && key.keyID != nil)
            || (old.fingerprint != nil && key.fingerprint != nil)
        return isComparable ? old : key
    }

    /// Settings that were changed over D-Bus are those of the file. What clients.conf was like is
    /// known better by the state that is there.
    private static func merged(_ client: SavedClient, over old: SavedClient) -> SavedClient {
        var merged = client
        merged.absent = old.absent
        merged.configuredKey = old.configuredKey ?? client.configuredKey
        if let configured = old.configured {
            merged.current?.changed =
                client.current?.changed.changes(
                    since: client.configured ?? ClientValues(), for: configured) ?? ClientValues()
            merged.configured = configured
        }
        guard let oldCurrent = old.current else {
            merged.current = nil
            return merged
        }
        if !oldCurrent.isEnabled, merged.current?.isEnabled == true {
            merged.current?.isEnabled = false
            merged.current?.liveness.expires = nil
        }
        if old.isApprovedByDefault == false, merged.isApprovedByDefault != false {
            merged.current?.changed.isApprovedByDefault = false
        }
        return merged
    }
}

extension SavedClient {
    /// As it was in force. nil if that is not known.
    fileprivate var isApprovedByDefault: Bool? {
        current?.changed.isApprovedByDefault ?? configured?.isApprovedByDefault
    }
}

extension ClientValues {
    /// Of these values, which were in force, those that were changed while the server ran; but not
    /// where clients.conf has been changed since.
    ///
    /// - Parameters:
    ///   - configured: clients.conf at that time.
    ///   - later: clients.conf as it was seen since.
    fileprivate func changes(
        since configured: ClientValues, for later: ClientValues
    ) -> ClientValues {
        var result = ClientValues()
        func keep<Value: Equatable>(_ value: Value?, _ old: Value?, _ later: Value?) -> Value? {
            old == nil || (value != old && old == later) ? value : nil
        }
        result.isApprovedByDefault = keep(
            isApprovedByDefault, configured.isApprovedByDefault, later.isApprovedByDefault)
        result.host = keep(host, configured.host, later.host)
        result.checker = keep(checker, configured.checker, later.checker)
        result.timeout = keep(timeout, configured.timeout, later.timeout)
        result.extendedTimeout = keep(
            extendedTimeout, configured.extendedTimeout, later.extendedTimeout)
        result.interval = keep(interval, configured.interval, later.interval)
        result.approvalDelay = keep(
            approvalDelay, configured.approvalDelay, later.approvalDelay)
        result.approvalDuration = keep(
            approvalDuration, configured.approvalDuration, later.approvalDuration)
        return result
    }
}
