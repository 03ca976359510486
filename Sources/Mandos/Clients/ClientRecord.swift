package import Reactor

/// Now, on the loop's clock and on the calendar.
package struct Moment {
    package let instant: Instant
    package let wall: WallTime

    package init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}

/// One client's life: what it may get, when it is checked, and when it is disabled. Reads no clock
/// and makes no system call; mandos(8), CHECKING, is what it does in words.
package struct ClientRecord {
    package enum State: Equatable {
        case disabled
        /// Until `expires`, unless a check succeeds before.
        case enabled(expires: Instant)
    }

    package enum Event {
        /// - Parameter firstCheck: how long until then. At the start of the server it is random, so
        ///   that not all clients are checked at once.
        case enabled(firstCheck: Duration)
        case disabled(reason: String)
        case checkDue
        case checkerStarted
        case checkerEnded(ExitStatus)
        case secretSent
        case expiryDue
    }

    package enum Effect: Equatable {
        case startChecker
        case stopChecker
        case scheduleCheck(at: Instant)
        case scheduleExpiry(at: Instant)
        /// Neither checks nor expiry from now on.
        case unschedule
        /// What was possible until now is not any more: whoever waits for a secret has to be told.
        case withdrawTrust
        case log(LogLevel, String)
    }

    package let settings: ClientSettings
    package private(set) var state: State = .disabled
    package private(set) var isCheckerRunning = false
    /// Exit status of the last checker that ended; -1 if a signal ended it, -2 if none has ended.
    package private(set) var lastCheckerStatus = -2

    // For showing; what is due when is decided by instants.
    package let created: WallTime
    package private(set) var lastEnabled: WallTime?
    package private(set) var lastCheckedOK: WallTime?
    package private(set) var expires: WallTime?

    package init(_ settings: ClientSettings, created: WallTime) {
        self.settings = settings
        self.created = created
    }

    /// Whether it may have its secret at `now`, as far as checks are concerned.
    package func isEnabled(at now: Instant) -> Bool {
        guard case .enabled(let expires) = state else { return false }
        return now < expires
    }

    package mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        switch (state, event) {
        case (.disabled, .enabled(let firstCheck)):
            return enable(firstCheck: firstCheck, at: now)
        case (.enabled, .disabled(let reason)):
            return disable(reason)
        case (.enabled(let expires), .expiryDue) where expires <= now.instant:
            return disable("no successful check in time")
        case (.enabled, .checkDue):
            // A slow checker is left alone; the schedule goes on.
            return (isCheckerRunning ? [] : [.startChecker])
                + [.scheduleCheck(at: now.instant + settings.interval)]
        case (.enabled, .secretSent):
            // In place of what was left, not in addition to it.
            return extend(by: settings.extendedTimeout, at: now)
        case (_, .checkerStarted):
            isCheckerRunning = true
            return []
        case (_, .checkerEnded(let status)):
            return note(status, at: now)
        case (.enabled, .enabled), (.disabled, .disabled), (.enabled, .expiryDue),
            (.disabled, .expiryDue), (.disabled, .checkDue), (.disabled, .secretSent):
            return []
        }
    }

    /// Nobody is disabled before a first check could succeed, nor before `timeout` has passed.
    private mutating func enable(firstCheck: Duration, at now: Moment) -> [Effect] {
        lastEnabled = now.wall
        return [.scheduleCheck(at: now.instant + firstCheck)]
            + extend(by: max(settings.timeout, firstCheck + settings.interval), at: now)
    }

    private mutating func extend(by span: Duration, at now: Moment) -> [Effect] {
        let deadline = now.instant + span
        state = .enabled(expires: deadline)
        expires = now.wall + span
        return [.scheduleExpiry(at: deadline)]
    }

    private mutating func disable(_ reason: String) -> [Effect] {
        state = .disabled
        expires = nil
        let running: [Effect] = isCheckerRunning ? [.stopChecker] : []
        isCheckerRunning = false
        return [.unschedule] + running + [.withdrawTrust, .log(.info, "disabled: \(reason)")]
    }

    private mutating func note(_ status: ExitStatus, at now: Moment) -> [Effect] {
        isCheckerRunning = false
        switch status {
        case .exited(0):
            lastCheckerStatus = 0
            lastCheckedOK = now.wall
            let success: [Effect] = [.log(.info, "checker succeeded")]
            guard case .enabled = state else { return success }
            return success + extend(by: settings.timeout, at: now)
        case .exited(let code):
            lastCheckerStatus = Int(code)
            return [.log(.info, "checker failed with exit status \(code)")]
        case .killed(let signal):
            lastCheckerStatus = -1
            return [.log(.warning, "checker killed by signal \(signal)")]
        case .unknown(let error):
            lastCheckerStatus = -1
            return [.log(.warning, "checker gone: \(error.text)")]
        }
    }
}
