internal import Reactor

/// An allowance that fills up with time, to a limit. Of any unit.
struct TokenBucket {
    let capacity: Int64
    /// Units a second.
    let rate: Int64
    private var level: Int64
    private var lastFilled: Instant?

    init(capacity: Int64, perSecond rate: Int64) {
        self.capacity = capacity
        self.rate = rate
        level = capacity
    }

    /// - Returns: whether there is so much.
    mutating func has(_ amount: Int64, at now: Instant) -> Bool {
        fill(at: now)
        return level >= amount
    }

    /// Takes as much even if it is not there: then the next ones wait.
    mutating func spend(_ amount: Int64, at now: Instant) {
        fill(at: now)
        level -= amount
    }

    /// Until when to wait for `amount`; nil if it is there.
    mutating func wait(for amount: Int64, at now: Instant) -> Duration? {
        fill(at: now)
        guard level < amount else { return nil }
        return .nanoseconds(((amount - level) * 1_000_000_000 + rate - 1) / rate)
    }

    private mutating func fill(at now: Instant) {
        guard let last = lastFilled, now > last else {
            lastFilled = lastFilled ?? now
            return
        }
        let nanoseconds = (now - last).clampedNanoseconds
        // The time to fill it, rounded up, so that the product below does not overflow.
        let full = (capacity - level) * 1_000_000_000 / rate + 1
        if nanoseconds >= full {
            level = max(level, capacity)
            lastFilled = now
            return
        }
        let gained = nanoseconds * rate / 1_000_000_000
        guard gained > 0 else { return }  // the time is kept until it is worth a unit
        level = min(capacity, level + gained)
        lastFilled = last + .nanoseconds(gained * 1_000_000_000 / rate)
    }
}
