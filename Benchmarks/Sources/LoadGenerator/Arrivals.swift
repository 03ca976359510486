import Foundation

/// When peers connect: a value, which is told the time. All times are in seconds of the run.
package struct Arrivals {
    package enum Pattern: Equatable, Sendable {
        /// As many as may be open at a time, from the start on.
        case atOnce
        /// A Poisson process: independent machines, so many a second on average.
        case poisson(perSecond: Double)
        /// One after the other, at equal distances.
        case steady(perSecond: Double)
    }

    /// One attempt that is due.
    package struct Attempt: Equatable {
        package let peer: Int
        package let due: Double
    }

    private let pattern: Pattern
    private let peerCount: Int
    /// How long a machine that got nothing waits before it tries again; nil: it does not.
    private let retryInterval: Double?
    private var generator: SeededGenerator
    private var nextPeer = 0
    private var nextArrival = 0.0
    /// In the order of their times, as the interval is the same for all.
    private var retries: [Attempt] = []
    private var retryStart = 0

    package init(
        _ pattern: Pattern, peerCount: Int, retryInterval: Double?, generator: SeededGenerator
    ) {
        self.pattern = pattern
        self.peerCount = peerCount
        self.retryInterval = retryInterval
        self.generator = generator
        advanceArrival()
    }

    /// When the next attempt is due; nil if nobody is left.
    package var nextDue: Double? {
        let arrival = nextPeer < peerCount ? nextArrival : nil
        let retry = retryStart < retries.count ? retries[retryStart].due : nil
        guard let arrival, let retry else { return arrival ?? retry }
        return min(arrival, retry)
    }

    /// Takes the next attempt out if it is due by now.
    package mutating func takeDue(at now: Double) -> Attempt? {
        guard let due = nextDue, due <= now else { return nil }
        if retryStart < retries.count, retries[retryStart].due == due {
            defer { dropRetry() }
            return retries[retryStart]
        }
        defer {
            nextPeer += 1
            advanceArrival()
        }
        return Attempt(peer: nextPeer, due: nextArrival)
    }

    /// A machine got nothing.
    ///
    /// - Returns: whether it will try again.
    package mutating func retry(_ peer: Int, at now: Double) -> Bool {
        guard let retryInterval else { return false }
        retries.append(Attempt(peer: peer, due: now + retryInterval))
        return true
    }

    private mutating func dropRetry() {
        retryStart += 1
        guard retryStart > 1024, retryStart > retries.count / 2 else { return }
        retries.removeFirst(retryStart)
        retryStart = 0
    }

    private mutating func advanceArrival() {
        switch pattern {
        case .atOnce: break
        case .poisson(let perSecond):
            nextArrival -= log(1 - Double.random(in: 0..<1, using: &generator)) / perSecond
        case .steady(let perSecond): nextArrival += 1 / perSecond
        }
    }
}
