internal import Reactor

/// How long the server itself was too busy to look at its peers, in all. What passes meanwhile does not
/// count against a peer (`PeerDeadline`). Makes no system call.
struct Lag {
    private(set) var total: Duration = .zero

    /// A turn that takes no longer than this is no hardship.
    static let turnAllowed: Duration = .milliseconds(20)

    /// - Parameters:
    ///   - began: when the turn was woken.
    ///   - ended: when the loop has done all that was to be done.
    mutating func noteTurn(began: Instant, ended: Instant) {
        let span = ended - began
        if span > Self.turnAllowed { total += span }
    }
}

/// Until when a peer has done its part, if the server does its own.
struct PeerDeadline {
    let start: Instant
    let span: Duration
    /// Time lost by the server, as it was at the start.
    let lostAtStart: Duration

    /// No peer has longer than so many times its span, however slow the server is.
    static let extensionMax = 4

    /// - Parameter lost: time lost by the server until now.
    func instant(lost: Duration) -> Instant {
        start + span + min(lost - lostAtStart, span * (Self.extensionMax - 1))
    }
}
