internal import Reactor

/// Finds out whether a secret has arrived. Makes no system call.
///
/// It has arrived when the peer's TCP has acknowledged every byte. Usually that is seen with the
/// peer's goodbye. Nothing tells of an acknowledgement alone, so that it is asked for as well, with
/// growing pauses.
struct Acknowledgement {
    enum Verdict: Equatable {
        case taken
        case ask(again: Instant)
        case lost
    }

    private static let pauseMin: Duration = .milliseconds(200)
    private static let pauseMax: Duration = .seconds(1)

    private var pause = Self.pauseMin
    /// When a peer that acknowledges nothing is taken for gone.
    private let limit: Instant
    /// The peer will say nothing more.
    var hasEnded = false

    init(limit: Instant) { self.limit = limit }

    /// When to ask for the first time, if the peer says nothing before.
    func firstAsk(at now: Instant) -> Instant { min(now + pause, limit) }

    /// - Parameter unacknowledged: bytes, see `Kernel.unacknowledgedBytes`.
    mutating func judge(unacknowledged: Int, at now: Instant) -> Verdict {
        if unacknowledged == 0 { return .taken }
        if now >= limit { return .lost }
        pause = min(pause * 2, Self.pauseMax)
        return .ask(again: min(now + pause, limit))
    }
}
