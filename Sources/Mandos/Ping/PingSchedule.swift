/// When to ask a host again, and when to give it up: what fping(8) does without options.
struct PingSchedule {
    /// For the first reply; each time the host gets half as much more.
    private static let firstTimeout: Duration = .milliseconds(500)
    /// The first, and three more.
    static let attempts = 4

    private var attempt = 0

    /// How long to wait for a reply to the request that is sent now; nil if none is to be sent any
    /// more.
    mutating func next() -> Duration? {
        guard attempt < Self.attempts else { return nil }
        var timeout = Self.firstTimeout
        for _ in 0..<attempt { timeout = timeout * 3 / 2 }
        attempt += 1
        return timeout
    }

    /// The last one does not count.
    mutating func repeatAttempt() { attempt -= 1 }
}
