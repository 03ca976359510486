/// A time in which the loop could not run although something may have been due: a handler took too
/// long, the process was stopped, or the machine was suspended. Nothing could be checked meanwhile.
package struct Gap: Equatable {
    package let start: Instant
    package let end: Instant
    /// Whether the machine was suspended, so that its network may not be up again yet.
    package let isSuspend: Bool

    /// Shorter ones are part of a busy machine's life.
    package static let spanMin: Duration = .seconds(1)

    package init(start: Instant, end: Instant, isSuspend: Bool = false) {
        self.start = start
        self.end = end
        self.isSuspend = isSuspend
    }

    package var span: Duration { end - start }
}

/// Finds gaps between one turn of the loop and the next.
struct GapDetector {
    /// Of the machine, since it was started, when that was last looked at.
    private var timeAsleep: Duration

    init(timeAsleep: Duration) { self.timeAsleep = timeAsleep }

    /// - Parameters:
    ///   - previous: when the turn before began to call handlers.
    ///   - start: when this turn began to wait.
    ///   - alarm: until when it may have waited with nothing to do; nil if it may not wait.
    ///   - end: when it was awake again.
    ///   - asleep: how long the machine has been suspended since its start; asked for only if the
    ///     turn was long enough to matter.
    mutating func gap(
        since previous: Instant, waitingFrom start: Instant, alarm: Instant?, until end: Instant,
        asleep: () -> Duration
    ) -> Gap? {
        guard end - previous >= Gap.spanMin else { return nil }
        let now = asleep()
        let suspended = min(max(.zero, now - timeAsleep), end - previous)
        timeAsleep = now
        // The wait itself is no loss, as long as nothing was due.
        let idle = max(.zero, min(alarm ?? start, end) - start)
        let lost = max((end - previous) - idle, suspended)
        guard lost >= Gap.spanMin else { return nil }
        return Gap(start: end + (.zero - lost), end: end, isSuspend: suspended >= Gap.spanMin)
    }
}
