/// The worth of a client's time, and the one rule for time in which nobody could check: a stall, a
/// suspend, or the time between the end of a server and the start of the next. mandos(8), CHECKING,
/// “When nobody can check”, is the same in words.
///
/// - Whose last check failed has a fixed deadline. No gap moves it.
/// - Everybody else has so much time in which the server can check. What was left of it when the
///   gap began is left when it ends, and the next check is as far away as it was.
/// - If that is too little for the next check to end, it is as much as that takes, but only once: who
///   wants it again has to succeed in a check first.
package struct Standing: Equatable {
    package enum Evidence: Equatable {
        /// An operator has enabled the client; it has not been checked since.
        case none
        /// Its last check succeeded.
        case alive
        /// It was sent its secret, so it has proved to be there. No check is expected to succeed
        /// until it has booted.
        case booting
        /// Its last check failed.
        case failed
    }

    package private(set) var evidence: Evidence = .none
    /// Whether it was given more time than it had since there was evidence of it.
    package private(set) var isGraced = false

    /// The time that a check has to end, unless the next is due before.
    private static let checkSpan: Duration = .seconds(10)
    /// The time that a network has to be up again after a suspend.
    private static let networkSpan: Duration = .seconds(10)

    package init() {}

    package init(_ evidence: Evidence, isGraced: Bool) {
        self.evidence = evidence
        self.isGraced = isGraced
    }

    mutating func noteEnabled() { self = Standing() }
    mutating func noteSuccess() { self = Standing(.alive, isGraced: false) }
    mutating func noteSecretSent() { self = Standing(.booting, isGraced: false) }
    mutating func noteFailure() { if evidence != .booting { evidence = .failed } }

    /// Whether the deadline stands, whatever time is lost.
    package var isFixed: Bool { evidence == .failed }

    /// The time left after a gap, and how far away the next check is.
    ///
    /// - Parameters:
    ///   - left: as it was when the gap began, until the deadline; it is not over.
    ///   - untilCheck: until the next check.
    ///   - interval: between checks.
    /// - Precondition: `!isFixed`
    mutating func bridge(
        left: Duration, untilCheck: Duration, interval: Duration, isSuspend: Bool
    ) -> (left: Duration, untilCheck: Duration) {
        guard !isGraced else { return (left, max(.zero, untilCheck)) }
        let settling = isSuspend ? min(Self.networkSpan, interval) : .zero
        let check = max(.zero, untilCheck) + settling
        let extended = max(left + settling, check + min(Self.checkSpan, interval))
        isGraced = extended > left
        return (extended, check)
    }
}
