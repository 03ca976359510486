package import Reactor

/// Decides how each client begins: by clients.conf, by what was saved, or by both. Reads no clock
/// and makes no system call; mandos(8), PERSISTENT STATE, is what it does in words.
package struct Restoration {
    package struct Line: Equatable {
        package let level: LogLevel
        package let text: String
    }

    /// In the order of clients.conf.
    package private(set) var records: [ClientRecord] = []
    /// Those of clients.conf that were removed while the server ran, and stay away.
    package private(set) var removed: [ClientName] = []
    /// Those of clients.conf of which nobody knows whether they were trusted.
    package private(set) var lost: [ClientName] = []
    /// What was saved of clients that clients.conf does not have any more.
    package private(set) var dropped: [ClientName] = []
    /// Of secrets that were changed while the server ran, in the form in which they were saved.
    package private(set) var sealedSecrets: [ClientName: SealedBytes] = [:]
    /// Whether something was saved at a time that is yet to come: either the calendar was wrong then,
    /// or it is now.
    package private(set) var isCalendarDoubtful = false
    /// What the operator is told.
    package private(set) var lines: [Line] = []

    private let now: WallTime

    /// - Parameters:
    ///   - rejected: sections of clients.conf that are left out because something is wrong with
    ///     them. What was saved of these clients stays, until that is put right.
    package init(
        _ configured: [SharedSettings], rejected: [ClientName] = [], saved: SavedState,
        now: WallTime
    ) {
        self.now = now
        if let newest = saved.newest, now < newest {
            isCalendarDoubtful = true
            say(
                .warning,
                "the wall clock says \(now.text), but state was saved at \(newest.text): "
                    + "nobody is disabled for the time between")
        }
        for settings in configured { restore(settings, saved) }
        drop(from: saved, configured, rejected)
        if let damage = saved.damage { noteDamage(damage) }
    }

    private mutating func restore(_ shared: SharedSettings, _ saved: SavedState) {
        let settings = shared.values
        let name = settings.name
        guard let client = saved.clients[name], let old = client.configured else {
            let isLost = saved.damage != nil && saved.clients[name] == nil
            if isLost && settings.isEnabled { lost.append(name) }
            let start: ClientHistory.Start = settings.isEnabled && !isLost ? .enabled : .disabled
            return add(shared, ClientHistory(start: start, created: now))
        }
        guard let current = client.current else {
            removed.append(name)
            return say(.info, "client \(name.text): stays removed, although clients.conf has it")
        }
        let isEnabled =
            settings.isEnabled == old.isEnabled ?? settings.isEnabled
            ? current.isEnabled : settings.isEnabled
        let merged = merged(shared, old, current)
        var history = ClientHistory(start: .disabled, created: current.created)
        if isEnabled {
            begin(&history, of: merged.values, old, current, saved.times[name] ?? saved.newest)
        }
        history.lastEnabled = current.lastEnabled
        history.lastCheckedOK = current.liveness.lastCheckedOK
        history.lastCheckerStatus = current.liveness.lastCheckerStatus
        history.lastApprovalRequest = current.liveness.lastApprovalRequest
        add(merged, history)
    }

    private mutating func merged(
        _ shared: SharedSettings, _ old: ClientValues, _ current: SavedClient.Current
    ) -> SharedSettings {
        guard current.changed != ClientValues() || current.secret != nil else { return shared }
        var settings = shared.values
        settings.merge(old: old, saved: current.changed)
        openSecret(of: &settings, current)
        return SharedSettings(settings)
    }

    private mutating func add(_ settings: SharedSettings, _ history: ClientHistory) {
        records.append(ClientRecord(settings, history: history))
    }

    /// Of one that is to be enabled.
    private mutating func begin(
        _ history: inout ClientHistory, of settings: ClientSettings, _ old: ClientValues,
        _ current: SavedClient.Current, _ saved: WallTime?
    ) {
        guard current.isEnabled else { return history.start = .enabled }  // in clients.conf, since
        let liveness = current.liveness
        let time = SavedTime(
            now: now, saved: saved, liveness: liveness,
            oldTimeout: current.changed.timeout ?? old.timeout ?? settings.timeout,
            timeout: settings.timeout)
        guard let left = time.left else { return noteExpiry(of: settings.name, liveness) }
        history.start = .resumed
        history.timeLeft = left
        guard liveness.lastCheckerStatus == 0, let expires = liveness.expires, expires <= now
        else { return }
        say(
            .debug,
            "client \(settings.name.text): stays enabled, because its last check had succeeded "
                + "before the server stopped")
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

    /// If clients.conf has nobody at all, it is more likely to be missing than meant.
    private mutating func drop(
        from saved: SavedState, _ configured: [SharedSettings], _ rejected: [ClientName]
    ) {
        guard !configured.isEmpty || !rejected.isEmpty else { return }
        let kept = Set(configured.map { $0.values.name } + rejected)
        dropped = saved.clients.keys.filter { !kept.contains($0) }.sorted()
    }

    private mutating func noteDamage(_ damage: String) {
        say(
            .critical,
            "the saved state is damaged: \(damage); of \(records.count + removed.count) clients, "
                + "\(lost.count) could not be read and start disabled, until they are enabled by "
                + "hand or the server is started with --no-restore")
        say(.critical, "disabled because their state is lost", lost)
    }

    private mutating func say(_ level: LogLevel, _ text: String) {
        lines.append(Line(level: level, text: text))
    }

    private mutating func say(_ level: LogLevel, _ text: String, _ names: [ClientName]) {
        lines += Self.lines(level, text, names)
    }

    /// A line that names some clients, or several lines, as a log takes only so much in one.
    private static func lines(_ level: LogLevel, _ text: String, _ names: [ClientName]) -> [Line] {
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

extension Restoration {
    /// Begins with what clients.conf says, whatever was saved, and names those who are trusted again
    /// by that.
    package static func ignoring(
        _ saved: SavedState, _ configured: [SharedSettings], rejected: [ClientName] = [],
        now: WallTime
    ) -> Restoration {
        var fresh = Restoration(configured, rejected: rejected, saved: SavedState(), now: now)
        let known = Restoration(configured, rejected: rejected, saved: saved, now: now)
        fresh.dropped = known.dropped
        let revoked = known.records.filter {
            $0.settings.isEnabled && $0.start == .disabled && saved.clients[$0.settings.name] != nil
        }
        fresh.say(
            .warning, "not restored, so enabled again although they were disabled",
            revoked.map { $0.settings.name })
        fresh.say(
            .warning, "not restored, so there again although they were removed", known.removed)
        if let damage = saved.damage {
            fresh.say(.critical, "the saved state is damaged, and not restored: \(damage)")
        }
        return fresh
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
