package import Reactor

/// What a person has to say in it before a client gets its secret: mandos(8), APPROVAL. Reads no
/// clock and makes no system call.
package struct Approval {
    package enum Decision: Equatable { case approved, denied }

    /// A peer that has proved to be the client, and wants its secret.
    package struct Request: Equatable {
        /// The delay of the client as it was when the peer came: changing it later makes nobody
        /// wait for a longer or a shorter time.
        let delay: Duration
        let deadline: Instant

        /// Whether it counts as an approval that is pending.
        var isPending: Bool { delay > .zero }
    }

    package enum Refusal: Equatable { case disabled, denied, timedOut }

    package enum Answer: Equatable {
        case granted
        case refused(Refusal)
        /// A person has to be asked. Without any word until then, ask this value again.
        case asks(until: Instant)
    }

    /// Requests, from their arrival until the peer is gone, that came while there was a delay.
    package private(set) var pendingCount = 0
    private var decision: Decision?
    private var decisionEnds = Instant(nanoseconds: .min)

    package init() {}

    package mutating func begin(_ settings: ClientSettings, at now: Instant) -> Request {
        let request = Request(
            delay: settings.approvalDelay, deadline: now + settings.approvalDelay)
        if request.isPending { pendingCount += 1 }
        return request
    }

    package mutating func end(_ request: Request) {
        if request.isPending { pendingCount -= 1 }
    }

    /// Takes the place of an earlier decision, and holds for `span` of its own. Those who wait are
    /// answered with it at once, by `hearing`, however short that is.
    package mutating func decide(_ decision: Decision, for span: Duration, at now: Instant) {
        self.decision = decision
        decisionEnds = now + span
    }

    /// The decision in force at `now`.
    package func decision(at now: Instant) -> Decision? { now < decisionEnds ? decision : nil }

    /// What to tell a peer: when it comes, when a person has decided, when the client is disabled,
    /// and at its deadline.
    ///
    /// - Parameters:
    ///   - settings: as they are now.
    ///   - isEnabled: whether the client is, now.
    ///   - hearing: a decision that was made this very moment.
    package func answer(
        to request: Request, settings: ClientSettings, isEnabled: Bool, at now: Instant,
        hearing: Decision? = nil
    ) -> Answer {
        guard isEnabled else { return .refused(.disabled) }
        guard settings.approvalDelay > .zero else { return .granted }
        switch hearing ?? decision(at: now) {
        case .approved: return .granted
        case .denied: return .refused(.denied)
        case nil: break
        }
        if now < request.deadline { return .asks(until: request.deadline) }
        return settings.isApprovedByDefault ? .granted : .refused(.timedOut)
    }
}

extension Approval.Refusal {
    /// As it is told on D-Bus.
    package var reason: String {
        switch self {
        case .disabled: "Disabled"
        case .denied: "Denied"
        case .timedOut: "Approval timed out"
        }
    }
}
