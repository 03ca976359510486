internal import Reactor

// Clients that were added while the server ran.
extension Restoration {
    /// Those that no section of clients.conf has taken the place of, in the order of their names.
    mutating func restoreAdded() {
        let names = saved.clients.keys.filter { saved.clients[$0]?.current?.addedKey != nil }
        guard !names.isEmpty else { return }
        let served = Set(records.map { $0.settings.name })
        var owners = KeyOwners(records)
        for name in names.sorted() where !served.contains(name) {
            guard let client = saved.clients[name], let current = client.current,
                let key = current.addedKey
            else { continue }
            if let owner = owners[key] {
                say(
                    .warning,
                    "client \(name.text): added at run time, and gone now: clients.conf has its "
                        + "key as client \(owner.text)")
                forget(client)
            } else if let problem = restoreAdded(client, current, key) {
                say(.error, "client \(name.text): added at run time, left out: \(problem)")
                keep(client)
            } else {
                owners.add(name, key)
            }
        }
    }

    /// - Returns: why it cannot be served.
    private mutating func restoreAdded(
        _ client: SavedClient, _ current: SavedClient.Current, _ key: ClientKey
    ) -> String? {
        let name = client.name
        if let section = input.sharedKeys.first(where: { $0.key.matches(key) }) {
            return AddProblem.sharedKey(of: section.name).text
        }
        guard let sealed = current.secret else { return "its secret was not saved" }
        guard let secret = open(sealed, of: name) else {
            return "its secret cannot be opened with the key beside the saved state"
        }
        guard let settings = current.changed.settings(name, key, secret, current.isEnabled) else {
            return "not all of its settings were saved"
        }
        let applying = revocations.applying(to: name, key)
        var history =
            current.isEnabled && applying.isEmpty
            ? resumed(settings, ClientValues(), current) : history(of: current, .disabled)
        if revocations.own(name, key) == nil { inheritRevocation(name, key) }
        history.isAdded = true
        keepSection(of: client)
        sealedSecrets[name] = sealed
        say(.info, "client \(name.text): added at run time, so not in clients.conf")
        add(SharedSettings(settings), history)
        return nil
    }

    private func open(_ sealed: SealedBytes, of name: ClientName) -> SharedSecret? {
        guard let key = input.stateKey else { return nil }
        return unsafe key.withBytes { key -> SharedSecret? in
            guard let bytes = unsafe sealed.open(under: key, for: name.text) else { return nil }
            return SharedSecret(bytes)
        }
    }

    /// clients.conf has a client that was added, by now or again, with the same key or another.
    mutating func gain(_ shared: SharedSettings, _ client: SavedClient) {
        let settings = shared.values
        let (name, key) = (settings.name, ClientKey(settings))
        guard let current = client.current, let addedKey = current.addedKey else { return }
        guard addedKey.isSame(as: key) else {
            return displace(addedKey, by: shared, "is new in clients.conf")
        }
        say(
            .info,
            "client \(name.text): was added at run time, and is in clients.conf now, whose "
                + "settings are in force")
        noteGains(settings, over: current.changed)
        let isRevoked = !revocations.applying(to: name, key).isEmpty
        guard settings.isEnabled, !isRevoked else {
            return add(shared, history(of: current, .disabled))
        }
        guard current.isEnabled else {  // it was added so, and nobody has disabled it
            say(.warning, "client \(name.text): is enabled in clients.conf, but was added disabled")
            return add(shared, history(of: current, .enabled))
        }
        add(shared, resumed(settings, ClientValues(), current))
    }

    /// A section of clients.conf has its name and another key.
    mutating func replaceAdded(_ name: ClientName, _ key: ClientKey) {
        revokeReplaced(name, key)
        say(
            .warning,
            "client \(name.text): clients.conf has it with another key than it was added with at "
                + "run time, which gets nothing any more (\(key.text))")
    }
}

/// Which client has which key.
struct KeyOwners {
    private var byKeyID: [KeyID: ClientName] = [:]
    private var byFingerprint: [Fingerprint: ClientName] = [:]

    init(_ configured: [SharedSettings]) {
        for settings in configured { add(settings.values.name, ClientKey(settings.values)) }
    }

    init(_ records: [ClientRecord]) {
        for record in records { add(record.settings.name, ClientKey(record.settings)) }
    }

    subscript(_ key: ClientKey) -> ClientName? {
        key.keyID.flatMap { byKeyID[$0] } ?? key.fingerprint.flatMap { byFingerprint[$0] }
    }

    mutating func add(_ name: ClientName, _ key: ClientKey) {
        if let keyID = key.keyID { byKeyID[keyID] = name }
        if let fingerprint = key.fingerprint { byFingerprint[fingerprint] = name }
    }
}

extension ClientValues {
    /// Of a client that is not in clients.conf, so that all was saved. nil if something is missing.
    fileprivate func settings(
        _ name: ClientName, _ key: ClientKey, _ secret: SharedSecret, _ isEnabled: Bool
    ) -> ClientSettings? {
        guard let isApprovedByDefault, let host, let checker, let timeout, let extendedTimeout,
            let interval, interval > .zero, let approvalDelay, let approvalDuration
        else { return nil }
        return ClientSettings(
            name: name, keyID: key.keyID, keyIDText: "", fingerprint: key.fingerprint?.text ?? "",
            secret: secret, host: host, checker: checker, timeout: timeout,
            extendedTimeout: extendedTimeout, interval: interval, approvalDelay: approvalDelay,
            approvalDuration: approvalDuration, isApprovedByDefault: isApprovedByDefault,
            isEnabled: isEnabled)
    }
}
