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
        guard let record = registry?.record(of: name) else { return }
        configured[name] = record.sharedSettings
        mark(name, .now)
    }

    package func clientRemoved(_ name: ClientName) {
        sealed[name] = nil
        mark(name, .now)
    }

    package func clientNotFound(_ keyID: KeyID, address: String) {}
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

    /// nil if there never was such a client.
    func snapshot(of name: ClientName) -> SavedClient? {
        guard let settings = configured[name]?.values else { return nil }
        let values = ClientValues(settings)
        guard let record = registry?.record(of: name) else {
            return SavedClient(name: name, configured: values, current: nil)
        }
        var changed = ClientValues(record.settings).differing(from: values)
        changed.isEnabled = nil
        return SavedClient(
            name: name, configured: values,
            current: SavedClient.Current(
                isEnabled: record.isEnabled, changed: changed, created: record.created,
                lastEnabled: record.lastEnabled, secret: sealedSecret(of: record, settings),
                liveness: liveness(of: record)))
    }

    func everything() -> StateChanges {
        var changes = StateChanges(time: loop.kernel.wallTime())
        changes.clients = configured.keys.compactMap { snapshot(of: $0) } + kept
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
        let bytes = unsafe secret.withBytes { plain in
            unsafe configured.secret.withBytes { key in
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
