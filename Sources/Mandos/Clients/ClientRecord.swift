package import Reactor

/// One client's life: what it may get, when it is checked, and when it is disabled. Reads no clock
/// and makes no system call; mandos(8), CHECKING, is what it does in words.
package struct ClientRecord {
    package enum State: Equatable {
        case disabled
        /// Until `expires`, unless a check succeeds before.
        case enabled(expires: Instant)
    }

    private(set) var sharedSettings: SharedSettings
    package private(set) var state: State = .disabled
    package private(set) var isCheckerRunning = false
    package private(set) var standing = Standing()
    /// When the next check is due; of no meaning while it is disabled.
    private var nextCheck = Instant.distantFuture
    /// How its life begins, or goes on, when the server starts.
    package let start: ClientHistory.Start
    /// While the server ran, not by clients.conf.
    package let isAdded: Bool
    /// nil if its time begins when the server starts.
    package let timeLeft: ClientHistory.TimeLeft?
    /// Exit status of the last checker that ended; -1 if a signal ended it, -2 if none has ended.
    package private(set) var lastCheckerStatus = -2

    // For showing; what is due when is decided by instants.
    package let created: WallTime
    package private(set) var lastEnabled: WallTime?
    package private(set) var lastCheckedOK: WallTime?
    package private(set) var lastApprovalRequest: WallTime?
    package private(set) var expires: WallTime?

    /// A timeout for ever. Longer ones are cut to that, so that a difference of two is one of two
    /// deadlines as well: an `Instant` ends after 292 years.
    private static let foreverMin: Duration = .seconds(100 * 365 * 86_400)

    package init(_ settings: ClientSettings, created: WallTime) {
        self.init(
            settings,
            history: ClientHistory(
                start: settings.isEnabled ? .enabled : .disabled, created: created))
    }

    package init(_ settings: ClientSettings, history: ClientHistory) {
        self.init(SharedSettings(settings), history: history)
    }

    /// - Parameter settings: as they are in force, whatever clients.conf says.
    package init(_ settings: SharedSettings, history: ClientHistory) {
        sharedSettings = settings
        created = history.created
        start = history.start
        isAdded = history.isAdded
        timeLeft = history.timeLeft
        lastEnabled = history.lastEnabled
        lastCheckedOK = history.lastCheckedOK
        lastCheckerStatus = history.lastCheckerStatus
        lastApprovalRequest = history.lastApprovalRequest
    }

    package var settings: ClientSettings { sharedSettings.values }

    package var isEnabled: Bool { state != .disabled }

    /// Whether it may have its secret at `now`, as far as checks are concerned.
    package func isEnabled(at now: Instant) -> Bool {
        guard case .enabled(let expires) = state else { return false }
        return now < expires
    }

    package mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        switch event {
        case .enabled(let firstCheck): enable(firstCheck: firstCheck, at: now)
        case .resumed(let firstCheck): resume(firstCheck: firstCheck, at: now)
        case .disabled(let reason): disable(reason, .disabled)
        case .checkDue: beginCheck(at: now)
        case .checkerStarted(let command): noteStart(command)
        case .checkerEnded(let status, let command): noteEnd(status, command, at: now)
        case .checkerStopped: stopChecker()
        case .checkedOK: succeed(at: now, isReported: true)
        case .secretSent: noteSecretSent(at: now)
        case .approvalAsked: ask(at: now)
        case .changed(let setting): change(setting, at: now)
        case .gap(let gap): bridge(gap, at: now)
        case .expiryDue:
            isPastExpiry(at: now) ? disable("no successful check in time", .expired) : []
        case .wallClockSet: showExpiry(at: now)
        }
    }

    private mutating func enable(firstCheck: Duration, at now: Moment) -> [Effect] {
        guard !isEnabled else { return [] }
        lastEnabled = now.wall
        standing.noteEnabled()
        return begin(
            for: firstSpan(firstCheck), firstCheck: firstCheck,
            announcing: [.changed(.lastEnabled)], at: now)
    }

    /// A client is not disabled before a first check could succeed, nor before `timeout` has passed.
    private func firstSpan(_ firstCheck: Duration) -> Duration {
        max(settings.timeout, firstCheck + settings.interval)
    }

    /// The time since the end of the last server is a gap like any other.
    private mutating func resume(firstCheck: Duration, at now: Moment) -> [Effect] {
        guard !isEnabled else { return [] }
        let span: Duration
        switch timeLeft {
        case .counting(let left, let isGraced):
            standing = Standing(lastCheckerStatus == 0 ? .alive : .booting, isGraced: isGraced)
            span =
                standing.bridge(
                    left: left, untilCheck: firstCheck, interval: settings.interval,
                    isSuspend: false
                ).left
        case .fixed(let left, _):
            standing = Standing(lastCheckerStatus == -2 ? .none : .failed, isGraced: false)
            span = left
        case nil: span = firstSpan(firstCheck)
        }
        return begin(for: span, firstCheck: firstCheck, announcing: [], at: now)
    }

    private mutating func begin(
        for span: Duration, firstCheck: Duration, announcing announced: [Effect], at now: Moment
    ) -> [Effect] {
        state = .enabled(expires: now.instant)
        return [scheduleCheck(at: now.instant + firstCheck), .changed(.isEnabled)] + announced
            + extend(by: span, at: now)
    }

    private mutating func scheduleCheck(at instant: Instant) -> Effect {
        nextCheck = instant
        return .scheduleCheck(at: instant)
    }

    private mutating func bridge(_ gap: Gap, at now: Moment) -> [Effect] {
        guard case .enabled(let deadline) = state, !standing.isFixed, deadline > gap.start else {
            return []
        }
        let (left, untilCheck) = standing.bridge(
            left: deadline - gap.start, untilCheck: nextCheck - gap.start,
            interval: settings.interval, isSuspend: gap.isSuspend)
        return [scheduleCheck(at: gap.end + untilCheck)] + expire(at: gap.end + left, now)
    }

    private mutating func noteSecretSent(at now: Moment) -> [Effect] {
        guard isEnabled(at: now.instant) else { return [.emit(.gotSecret)] }
        standing.noteSecretSent()
        return extend(by: settings.extendedTimeout, at: now) + [.emit(.gotSecret)]
    }

    /// How long it has until it is disabled; nil if it is.
    package func timeLeft(at now: Instant) -> Duration? {
        guard case .enabled(let deadline) = state else { return nil }
        return deadline - now
    }

    private mutating func disable(_ reason: String, _ kind: Revocation.Reason) -> [Effect] {
        guard isEnabled else { return [] }
        state = .disabled
        expires = nil
        return [.unschedule, .revoked(kind), .changed(.expires)] + stopChecker()
            + [.changed(.isEnabled), .answerRequests, .log(.info, "disabled: \(reason)")]
    }

    private func isPastExpiry(at now: Moment) -> Bool {
        isEnabled && !isEnabled(at: now.instant)
    }

    /// In place of the time that was left, not in addition to it.
    private mutating func extend(by span: Duration, at now: Moment) -> [Effect] {
        guard isEnabled else { return [] }
        return expire(at: now.instant + min(span, Self.foreverMin), now)
    }

    private mutating func expire(at deadline: Instant, _ now: Moment) -> [Effect] {
        state = .enabled(expires: deadline)
        return [.scheduleExpiry(at: deadline)] + showExpiry(at: now)
    }

    private mutating func showExpiry(at now: Moment) -> [Effect] {
        guard case .enabled(let deadline) = state else { return [] }
        let shown = now.wall + (deadline - now.instant)
        guard shown != expires else { return [] }
        expires = shown
        return [.changed(.expires)]
    }

    private mutating func change(_ setting: ClientSetting, at now: Moment) -> [Effect] {
        let timeout = min(settings.timeout, Self.foreverMin)
        let announced: [Effect] = apply(setting).map { [.changed($0)] } ?? []
        guard case .enabled(let deadline) = state else { return announced }
        switch setting {
        case .timeout:
            let moved = deadline + (min(settings.timeout, Self.foreverMin) - timeout)
            guard moved > now.instant else {
                return announced
                    + disable(
                        "its timeout was shortened to less than has passed", .expired)
            }
            return announced + expire(at: moved, now)
        case .interval:
            return announced + beginCheck(at: now)
        case .approvalDelay, .approvalDuration, .isApprovedByDefault, .checker, .extendedTimeout,
            .host, .secret:
            return announced
        }
    }

    private mutating func apply(_ setting: ClientSetting) -> ClientProperty? {
        var changed = settings
        guard let property = changed.apply(setting) else { return nil }
        sharedSettings = SharedSettings(changed)
        return property
    }

    private mutating func ask(at now: Moment) -> [Effect] {
        let changed: [Effect] =
            lastApprovalRequest == now.wall ? [] : [.changed(.lastApprovalRequest)]
        lastApprovalRequest = now.wall
        return changed + [
            .emit(
                .needApproval(
                    delay: settings.approvalDelay,
                    isApprovedByDefault: settings.isApprovedByDefault))
        ]
    }
}

// Checks.
extension ClientRecord {
    /// A slow checker is left alone; the schedule goes on.
    private mutating func beginCheck(at now: Moment) -> [Effect] {
        guard isEnabled else { return [] }
        return (isCheckerRunning ? [] : [.startChecker])
            + [scheduleCheck(at: now.instant + settings.interval)]
    }

    private mutating func noteStart(_ command: String) -> [Effect] {
        isCheckerRunning = true
        return [.changed(.isCheckerRunning), .emit(.checkerStarted(command: command))]
    }

    private mutating func stopChecker() -> [Effect] {
        guard isCheckerRunning else { return [.stopChecker] }
        isCheckerRunning = false
        return [
            .stopChecker, .changed(.isCheckerRunning), .log(.debug, "checker stopped"),
        ]
    }

    private mutating func noteEnd(
        _ status: ExitStatus, _ command: String, at now: Moment
    ) -> [Effect] {
        isCheckerRunning = false
        let outcome: [Effect] =
            switch status {
            case .exited(0):
                succeed(at: now, isReported: false) + [.log(.info, "checker succeeded")]
            case .exited(let code):
                fail(Int(code)) + [.log(.info, "checker failed with exit status \(code)")]
            case .killed(let signal):
                fail(-1) + [.log(.warning, "checker killed by signal \(signal)")]
            case .unknown(let error):
                fail(-1) + [.log(.warning, "checker gone: \(error.text)")]
            }
        return [.changed(.isCheckerRunning)] + outcome
            + [.emit(.checkerCompleted(status, command: command))]
    }

    /// - Parameter isReported: by somebody, not by a checker. Then the time is told before the
    ///   status, which is the order that tools have always seen.
    private mutating func succeed(at now: Moment, isReported: Bool) -> [Effect] {
        standing.noteSuccess()
        let status = note(status: 0)
        let time: [Effect] = lastCheckedOK == now.wall ? [] : [.changed(.lastCheckedOK)]
        lastCheckedOK = now.wall
        return (isReported ? time + status : status + time)
            + extend(by: settings.timeout, at: now)
    }

    private mutating func fail(_ status: Int) -> [Effect] {
        standing.noteFailure()
        return note(status: status)
    }

    private mutating func note(status: Int) -> [Effect] {
        guard lastCheckerStatus != status else { return [] }
        lastCheckerStatus = status
        return [.changed(.lastCheckerStatus)]
    }
}
