internal import Reactor

/// What is worth saving.
extension StateKeeper: ClientObserver {
    package func client(_ name: ClientName, changed property: ClientProperty) {
        switch property {
        case .isEnabled, .lastEnabled, .approvalDelay, .approvalDuration, .isApprovedByDefault,
            .checker, .extendedTimeout, .host, .interval, .secret, .timeout:
            mark(name, .now)
        case .lastCheckerStatus: noteOutcome(of: name)
        case .lastCheckedOK: mark(name, unproven.remove(name) == nil ? .idle : .soon)
        case .expires, .lastApprovalRequest: mark(name, .idle)
        case .approvalPending, .isCheckerRunning: break
        }
    }

    /// One that was sent its secret boots, and is not to be disabled meanwhile.
    package func client(_ name: ClientName, emitted signal: ClientSignal) {
        switch signal {
        case .gotSecret:
            unproven.remove(name)
            mark(name, .soon)
        case .checkerStarted, .checkerCompleted, .needApproval, .rejected: break
        }
    }

    package func clientAdded(_ name: ClientName) {
        if let client = kept.removeValue(forKey: name), client.configured != nil {
            sections[name] = client
        }
        mark(name, .now)
    }

    package func clientRemoved(_ name: ClientName) {
        sealed[name] = nil
        if let section = sections.removeValue(forKey: name) { kept[name] = section }
        mark(name, .now)
    }

    package func clientNotFound(_ keyID: KeyID, address: String) {}

    package func revocationsChanged() { schedule() }
}

extension StateKeeper {
    /// A failure is on the disk at the end of the turn, or a crash would undo it.
    private func noteOutcome(of name: ClientName) {
        let isFixed = registry?.record(of: name)?.standing.isFixed ?? false
        unproven.remove(name)
        mark(name, isFixed ? .prompt : .soon)
    }

    func liveness(of record: ClientRecord) -> Liveness {
        Liveness(
            record, at: Moment(instant: loop.now, wall: loop.kernel.wallTime()),
            isReserved: !isStopping && unproven.contains(record.settings.name))
    }

    /// nil if there is no such client, and no section of it to be remembered.
    func snapshot(of name: ClientName) -> SavedClient? {
        var client = SavedClient(name: name, configured: nil, current: nil)
        if let settings = configured[name]?.values {
            client.configured = ClientValues(settings)
            client.configuredKey = ClientKey(settings)
        } else if let section = sections[name] {
            client.configured = section.sectionValues
            client.configuredKey = section.configuredKey
            client.absent = section.absent
        }
        guard let record = registry?.record(of: name) else {
            return kept[name] ?? (client.configured == nil ? nil : client)
        }
        client.current = record.isAdded ? added(record) : current(record)
        return client
    }

    /// Of a client that is in no file, so that all of it is saved.
    private func added(_ record: ClientRecord) -> SavedClient.Current {
        var changed = ClientValues(record.settings)
        changed.isEnabled = nil
        return SavedClient.Current(
            isEnabled: record.isEnabled, changed: changed, created: record.created,
            lastEnabled: record.lastEnabled, secret: sealedAddedSecret(of: record),
            liveness: liveness(of: record), addedKey: ClientKey(record.settings))
    }

    private func current(_ record: ClientRecord) -> SavedClient.Current? {
        guard let settings = configured[record.settings.name]?.values else { return nil }
        let values = ClientValues(settings)
        var changed = ClientValues(record.settings).differing(from: values)
        changed.isEnabled = nil
        return SavedClient.Current(
            isEnabled: record.isEnabled, changed: changed, created: record.created,
            lastEnabled: record.lastEnabled, secret: sealedSecret(of: record, settings),
            liveness: liveness(of: record))
    }

    func everything() -> StateChanges {
        var changes = StateChanges(time: loop.kernel.wallTime())
        let names = Set(configured.keys).union(sections.keys).union(registry?.names ?? [])
        changes.clients = names.compactMap { snapshot(of: $0) } + kept.values
        changes.revocations = registry?.revocations.all ?? []
        return changes
    }

    /// nil for the secret of clients.conf, and for one that cannot be kept secret.
    private func sealedSecret(
        of record: ClientRecord, _ configured: ClientSettings
    ) -> SealedBytes? {
        let name = configured.name
        let secret = record.settings.secret
        guard secret != configured.secret else {
            sealed[name] = nil
            return nil
        }
        if let known = sealed[name], known.secret === secret { return known.bytes }
        guard configured.secret.count > 0 else {
            return omit(name, "that of clients.conf, by which it would be encrypted, is empty")
        }
        return seal(secret, under: configured.secret, for: name)
    }

    /// There is no secret in clients.conf by which it could be encrypted.
    private func sealedAddedSecret(of record: ClientRecord) -> SealedBytes? {
        let name = record.settings.name
        let secret = record.settings.secret
        if let known = sealed[name], known.secret === secret { return known.bytes }
        do throws(StateError) {
            if stateKey == nil { stateKey = try store.key(isMade: true) }
        } catch {
            return omit(name, error.text)
        }
        guard let stateKey else { return omit(name, "there is no key to encrypt it with") }
        return seal(secret, under: stateKey, for: name)
    }

    private func seal(
        _ secret: SharedSecret, under key: SharedSecret, for name: ClientName
    ) -> SealedBytes? {
        let bytes = unsafe secret.withBytes { plain in
            unsafe key.withBytes { key in
                unsafe SealedBytes(sealing: plain, under: key, for: name.text)
            }
        }
        guard let bytes else { return omit(name, "GnuTLS cannot encrypt it") }
        sealed[name] = (secret, bytes)
        return bytes
    }

    private func omit(_ name: ClientName, _ reason: String) -> SealedBytes? {
        omission = "the secret of client \(name.text): \(reason)"
        log.error("client \(name.text): its secret is not saved: \(reason)")
        return nil
    }
}
