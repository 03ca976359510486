/// A point on the loop's clock: CLOCK_BOOTTIME, which counts time asleep and is never stepped.
package struct Instant: Comparable, Hashable, Sendable {
    package let nanoseconds: Int64

    /// Later than anything that will happen: 292 years after the start of the machine.
    package static let distantFuture = Instant(nanoseconds: .max)

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Clamped instead of overflowing, so that no span out of a file can trap.
    package static func + (start: Instant, span: Duration) -> Instant {
        let (sum, overflow) = start.nanoseconds.addingReportingOverflow(span.clampedNanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: span < .zero ? .min : .max)
    }

    package static func - (end: Instant, start: Instant) -> Duration {
        let (difference, overflow) = end.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
        guard overflow else { return .nanoseconds(difference) }
        return .nanoseconds(end < start ? Int64.min : Int64.max)
    }
}

extension Duration {
    /// Rounded toward zero; spans of more than 292 years are cut to that.
    package var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, tooFar) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return tooFar ? (seconds < 0 ? .min : .max) : sum
    }
}
