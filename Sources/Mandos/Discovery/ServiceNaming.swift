package import Reactor

/// Which name to announce, as one after the other turns out to be taken. Another is tried at once:
/// who waits cannot be found.
package struct ServiceNaming {
    package let wanted: String
    package private(set) var current: String
    /// In which another name was needed, with no more than `quiet` between two.
    private var conflicts: [Instant] = []
    /// Whether `current` is random.
    private var isMakeshift = false
    private let random: () -> UInt32

    /// After so many, somebody must be claiming one name after the other. Then comes one that nobody
    /// can have.
    package static let honestConflictsMax = 5
    /// A name without conflicts for so long is not being fought over.
    package static let quiet: Duration = .seconds(600)
    /// RFC 6762, section 8.1: after 15 conflicts within ten seconds, wait five before each attempt.
    package static let burstMax = 15
    package static let burstSpan: Duration = .seconds(10)
    package static let burstWait: Duration = .seconds(5)
    /// RFC 6763, section 4.1.1.
    private static let bytesMax = 63

    package init(
        _ name: String, random: @escaping () -> UInt32 = { .random(in: 0...UInt32.max) }
    ) {
        wanted = name
        current = name
        self.random = random
    }

    /// Changes `current` to another name, since it is taken.
    ///
    /// - Parameter alternative: makes another name from one that is taken.
    /// - Returns: how long to wait before it is tried.
    package mutating func collided(
        at now: Instant, alternative: (String) -> String
    ) -> Duration {
        if let last = conflicts.last, now - last > Self.quiet { conflicts = [] }
        conflicts.append(now)
        isMakeshift = isMakeshift || conflicts.count > Self.honestConflictsMax
        current = isMakeshift ? makeshift() : alternative(current)
        guard conflicts.count >= Self.burstMax else { return .zero }
        conflicts.removeFirst(conflicts.count - Self.burstMax)
        return now - conflicts[0] < Self.burstSpan ? Self.burstWait : .zero
    }

    /// When to try the name that was wanted again; nil if `current` is not a makeshift.
    package var retakeAfter: Duration? { isMakeshift ? Self.quiet : nil }

    /// Changes `current` to the name that was wanted.
    package mutating func retake() {
        current = wanted
        isMakeshift = false
        conflicts = []
    }

    /// “Mandos 0123abcd”, from the name that was wanted.
    private func makeshift() -> String {
        let suffix = " " + HostLabel.hexadecimal(random())
        var base = Substring(wanted)
        while base.utf8.count + suffix.utf8.count > Self.bytesMax { base.removeLast() }
        return base + suffix
    }
}
