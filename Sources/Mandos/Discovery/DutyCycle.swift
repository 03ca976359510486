package import Reactor

/// Holds what is done for multicast DNS, on a machine of any speed, below a share of one CPU. Reads
/// no clock.
package struct DutyCycle {
    /// In nanoseconds of CPU time: 3 % of a core. Twice as much is not counted, as it is spent in the
    /// turns of the loop.
    private var bucket = TokenBucket(capacity: 20_000_000, perSecond: 30_000_000)
    /// Once the allowance is used up, nothing is read until there is so much again.
    private static let resumption: Int64 = 2_000_000

    package init() {}

    /// - Parameter spent: CPU time.
    /// - Returns: how long to leave packets to the kernel; nil to go on.
    package mutating func charge(_ spent: Duration, at now: Instant) -> Duration? {
        bucket.spend(spent.clampedNanoseconds, at: now)
        guard bucket.wait(for: 0, at: now) != nil else { return nil }
        return bucket.wait(for: Self.resumption, at: now)
    }
}
