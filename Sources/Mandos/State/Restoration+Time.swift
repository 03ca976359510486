internal import Reactor

/// How much time a client has left when a server starts; `Standing` says what that is worth.
struct SavedTime {
    /// The present time of the calendar.
    let now: WallTime
    /// When this was saved; nil if nothing tells.
    let saved: WallTime?
    let liveness: Liveness
    /// The timeouts that were in force when it was saved, and that are now: a change of them moves
    /// the deadline as it does while a server runs.
    let oldTimeout: Duration
    let timeout: Duration

    /// nil if its time is over.
    var left: ClientHistory.TimeLeft? {
        let found = unchanged
        let span = found.span + (timeout - oldTimeout)
        guard found.span > .zero, span > .zero else { return nil }
        return switch found {
        case .counting(_, let isGraced): .counting(span, isGraced: isGraced)
        case .fixed(_, let isSure): .fixed(span, isSure: isSure)
        }
    }

    private var unchanged: ClientHistory.TimeLeft {
        if let left = liveness.timeLeft { return .counting(left, isGraced: liveness.isGraced) }
        guard let expires = liveness.expires else { return .counting(oldTimeout, isGraced: false) }
        // A calendar that was set back tells nothing of the time since then: no more than this can
        // be left, and it is less each time (`StateKeeper.isReserved`).
        let left = expires - max(now, saved ?? now)
        guard liveness.lastCheckerStatus == 0, liveness.lastCheckedOK != nil else {
            return .fixed(left, isSure: now >= saved ?? now)
        }
        // Saved by a version that did not count.
        return .counting(left > .zero ? left : oldTimeout, isGraced: false)
    }
}
