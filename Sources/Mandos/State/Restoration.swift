package import Reactor

/// Decides how each client begins: by clients.conf, by what was saved, or by both. Reads no clock
/// and makes no system call; mandos(8), PERSISTENT STATE, is what it does in words.
package struct Restoration {
    package struct Line: Equatable {
        package let level: LogLevel
        package let text: String
    }

    /// In the order of clients.conf, those that were added at run time last.
    package private(set) var records: [ClientRecord] = []
    /// Those of clients.conf that were removed while the server ran, and stay away.
    package internal(set) var removed: [ClientName] = []
    /// Those of clients.conf of which nobody knows whether they were trusted.
    package private(set) var lost: [ClientName] = []
    /// Saved clients that are not there now, kept until they are.
    package internal(set) var kept: [SavedClient] = []
    /// Sections that clients.conf does not have now, of clients that were added under their names.
    package internal(set) var sections: [ClientName: SavedClient] = [:]
    /// Clients that are kept no longer.
    package internal(set) var dropped: [ClientName] = []
    /// In force from now on. What of them is not as it was saved is noted in it.
    package internal(set) var revocations: Revocations
    /// Of secrets that were changed while the server ran, in the form in which they were saved.
    package internal(set) var sealedSecrets: [ClientName: SealedBytes] = [:]
    /// Whether something was saved at a time that is yet to come: either the calendar was wrong then,
    /// or it is now.
    package private(set) var isCalendarDoubtful = false
    /// Lines for the operator.
    package private(set) var lines: [Line] = []

    /// Made when it is needed.
    var configuredOwners: KeyOwners?
    let input: RestorationInput
    let saved: SavedState
    let now: WallTime

    /// - Parameter rejected: see `RestorationInput`.
    package init(
        _ configured: [SharedSettings], rejected: [ClientName] = [], saved: SavedState,
        now: WallTime
    ) {
        var input = RestorationInput(configured, now: now)
        input.rejected = rejected
        self.init(input, saved: saved)
    }

    package init(_ input: RestorationInput, saved: SavedState) {
        self.input = input
        self.saved = saved
        revocations = Revocations(saved.revocations)
        now = input.now
        if let newest = saved.newest, now < newest {
            isCalendarDoubtful = true
            say(
                .warning,
                "the wall clock says \(now.text), but state was saved at \(newest.text): "
                    + "nobody is disabled for the time between")
        }
        if saved.damage != nil { revocations.begin(.unknownClients(now)) }
        for settings in input.configured { restore(settings) }
        restoreAdded()
        keepTheRest()
        if let damage = saved.damage { noteDamage(damage) }
    }

    /// Of a client of clients.conf of which nothing is known, because the state is damaged or was
    /// damaged when it was not there.
    mutating func beginLost(_ shared: SharedSettings, since damage: Revocation) {
        let settings = shared.values
        lost.append(settings.name)
        if settings.isEnabled { revoke(settings, .lost, by: damage.by) }
        if saved.damage == nil {
            say(
                .critical,
                "client \(settings.name.text): starts disabled, until it is enabled by hand: it was "
                    + "not in clients.conf since the saved state was damaged, at "
                    + "\(damage.when.text), and may have been disabled before")
        }
        add(shared, ClientHistory(start: .disabled, created: now))
    }

    /// As it was saved, but for whether it is enabled.
    func history(of current: SavedClient.Current, _ start: ClientHistory.Start) -> ClientHistory {
        var history = ClientHistory(start: start, created: current.created)
        history.lastEnabled = current.lastEnabled
        history.lastCheckedOK = current.liveness.lastCheckedOK
        history.lastCheckerStatus = current.liveness.lastCheckerStatus
        history.lastApprovalRequest = current.liveness.lastApprovalRequest
        return history
    }

    mutating func merged(
        _ shared: SharedSettings, _ old: ClientValues, _ current: SavedClient.Current
    ) -> SharedSettings {
        guard current.changed != ClientValues() || current.secret != nil else {
            noteGains(shared.values, over: old)
            return shared
        }
        var settings = shared.values
        settings.merge(old: old, saved: current.changed)
        noteGains(settings, over: old.overlaid(by: current.changed))
        openSecret(of: &settings, current)
        return SharedSettings(settings)
    }

    mutating func add(_ settings: SharedSettings, _ history: ClientHistory) {
        records.append(ClientRecord(settings, history: history))
    }

    /// Of a client that was enabled when it was saved: as much of its time as is left.
    ///
    /// - Parameters:
    ///   - settings: that are in force from now on.
    ///   - old: as clients.conf had them when it was saved.
    mutating func resumed(
        _ settings: ClientSettings, _ old: ClientValues, _ current: SavedClient.Current
    ) -> ClientHistory {
        let (name, liveness) = (settings.name, current.liveness)
        var history = history(of: current, .disabled)
        let time = SavedTime(
            now: now, saved: saved.times[name] ?? saved.newest, liveness: liveness,
            oldTimeout: current.changed.timeout ?? old.timeout ?? settings.timeout,
            timeout: settings.timeout)
        guard let left = time.left else {
            noteExpiry(of: name, liveness)
            revokeExpired(name, ClientKey(settings))
            return history
        }
        history.start = .resumed
        history.timeLeft = left
        guard liveness.lastCheckerStatus == 0, let expires = liveness.expires, expires <= now
        else { return history }
        say(
            .debug,
            "client \(settings.name.text): stays enabled, because its last check had succeeded "
                + "before the server stopped")
        return history
    }

    private mutating func noteExpiry(of name: ClientName, _ liveness: Liveness) {
        let time = liveness.expires.map { " at \($0.text)" } ?? ""
        let reason =
            if liveness.lastCheckedOK == nil {
                "no check of it had ever succeeded"
            } else if liveness.lastCheckerStatus != 0 {
                "the last checker had ended with status \(liveness.lastCheckerStatus)"
            } else {
                "none is left by a shorter timeout, or by servers that ended before they checked it"
            }
        say(
            .warning,
            "client \(name.text): disabled: its time was over\(time), and \(reason)")
    }

    private mutating func openSecret(
        of settings: inout ClientSettings, _ current: SavedClient.Current
    ) {
        guard let sealed = current.secret else { return }
        let name = settings.name
        let opened = unsafe settings.secret.withBytes { key -> SharedSecret? in
            guard let bytes = unsafe sealed.open(under: key, for: name.text) else { return nil }
            return SharedSecret(bytes)
        }
        guard let opened else {
            return say(
                .debug,
                "client \(name.text): the saved secret does not go with clients.conf, whose secret "
                    + "is used")
        }
        settings.secret = opened
        sealedSecrets[name] = sealed
    }

    private mutating func noteDamage(_ damage: String) {
        say(
            .critical,
            "the saved state is damaged: \(damage); of \(records.count + removed.count) clients, "
                + "\(lost.count) could not be read and start disabled, until they are enabled by "
                + "hand or the server is started with --no-restore")
        say(.critical, "disabled because their state is lost", lost)
        let present = Set(input.configured.map { $0.values.name })
        say(
            .critical, "lost or removed before, and not in clients.conf now",
            saved.lost.subtracting(present).sorted())
    }

    mutating func say(_ level: LogLevel, _ text: String) {
        lines.append(Line(level: level, text: text))
    }

    mutating func say(_ level: LogLevel, _ text: String, _ names: [ClientName]) {
        lines += Self.lines(level, text, names)
    }

    /// A line that names some clients, or several lines, as a log takes only so much in one.
    static func lines(_ level: LogLevel, _ text: String, _ names: [ClientName]) -> [Line] {
        var lines: [Line] = []
        var list = ""
        for name in names {
            if !list.isEmpty, list.utf8.count + name.text.utf8.count > 900 {
                lines.append(Line(level: level, text: "\(text): \(list)"))
                list = ""
            }
            list += list.isEmpty ? name.text : ", \(name.text)"
        }
        return list.isEmpty ? lines : lines + [Line(level: level, text: "\(text): \(list)")]
    }
}

extension ClientSettings {
    /// Takes what was in force while the server ran, for each setting that clients.conf has as it
    /// had it then.
    fileprivate mutating func merge(old: ClientValues, saved: ClientValues) {
        Self.merge(&host, old.host, saved.host)
        Self.merge(&checker, old.checker, saved.checker)
        Self.merge(&isApprovedByDefault, old.isApprovedByDefault, saved.isApprovedByDefault)
        Self.merge(&timeout, old.timeout, saved.timeout)
        Self.merge(&extendedTimeout, old.extendedTimeout, saved.extendedTimeout)
        Self.merge(&interval, old.interval, saved.interval)
        Self.merge(&approvalDelay, old.approvalDelay, saved.approvalDelay)
        Self.merge(&approvalDuration, old.approvalDuration, saved.approvalDuration)
    }

    /// An older version may not have known the setting; then nobody has changed it in clients.conf.
    private static func merge<Value: Equatable>(
        _ value: inout Value, _ old: Value?, _ saved: Value?
    ) {
        if let saved, value == old ?? value { value = saved }
    }
}
