package import Reactor

/// Which name to announce, as one after the other turns out to be taken.
package struct ServiceNaming {
    package enum Reaction: Equatable {
        /// Register under the name that is `current` now.
        case rename(after: Duration)
        /// So many names are taken that somebody must be claiming all of them. The one that was
        /// wanted is tried again.
        case startOver(after: Duration)
    }

    package let wanted: String
    package private(set) var current: String
    private var renames = 0
    private var collisionsInARow = 0
    private var lastCollision: Instant?
    private var backOff: BackOff

    /// In one go, until names are tried more slowly: RFC 6762, section 8.1, allows 15.
    package static let quickRenamesMax = 14
    /// No more names than that are made from one.
    package static let renamesMax = 32768

    package static let longestWait: Duration = .seconds(300)

    /// - Parameter random: see `BackOff`.
    package init(_ name: String, random: @escaping () -> Double = { .random(in: 0...1) }) {
        wanted = name
        current = name
        // RFC 6762, section 8.1, asks for at least five seconds.
        backOff = BackOff(first: .seconds(10), limit: Self.longestWait, random: random)
    }

    /// - Parameter alternative: makes another name from one that is taken.
    package mutating func collided(
        at now: Instant, alternative: (String) -> String
    ) -> Reaction {
        if let lastCollision, now - lastCollision > Self.longestWait * 2 {
            collisionsInARow = 0
            renames = 0
            backOff.reset()
        }
        lastCollision = now
        collisionsInARow += 1
        renames += 1
        guard renames <= Self.renamesMax else {
            renames = 0
            current = wanted
            return .startOver(after: Self.longestWait)
        }
        current = alternative(current)
        let isQuick = collisionsInARow <= Self.quickRenamesMax
        return .rename(after: isQuick ? .zero : backOff.span())
    }
}
