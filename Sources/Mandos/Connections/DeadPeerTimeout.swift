package import Reactor

/// Within what time a peer that is gone is noticed, whatever the connection is at: as options of
/// tcp(7), which a connection takes over from the socket that it was accepted from.
package struct DeadPeerTimeout {
    private let seconds: CInt

    /// Questions, after the first, that a peer may leave unanswered.
    private static let questions: CInt = 4

    package init(_ span: Duration) {
        let allowed = ConnectionLimits.deadPeerTimeouts
        let bounded = min(max(span, allowed.lowerBound), allowed.upperBound)
        seconds = CInt(clamping: bounded.components.seconds)
    }

    /// How long a peer may be silent before it is asked whether it is there.
    var idleSeconds: CInt { max(1, seconds / 3) }

    var intervalSeconds: CInt { max(1, (seconds - idleSeconds) / Self.questions) }

    /// One interval early, because the kernel looks at it when it asks a question.
    var answerMilliseconds: CInt { (seconds - intervalSeconds) * 1000 }

    package var options: [SocketOption] {
        [
            .keepAlive(idleSeconds: idleSeconds, intervalSeconds: intervalSeconds),
            .userTimeout(milliseconds: answerMilliseconds),
        ]
    }
}
