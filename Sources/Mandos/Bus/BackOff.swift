/// How long to wait before the next try: longer each time, up to a limit, and never quite what
/// others wait who failed at the same moment.
package struct BackOff {
    package let first: Duration
    package let limit: Duration
    private var next: Duration
    private let random: () -> Double

    /// - Parameter random: between 0 and 1.
    package init(
        first: Duration, limit: Duration, random: @escaping () -> Double = { .random(in: 0...1) }
    ) {
        self.first = first
        self.limit = limit
        self.random = random
        next = first
    }

    /// Between half of the span, which doubles each time, and all of it.
    package mutating func span() -> Duration {
        let span = next
        next = min(limit, next * 2)
        return span / 2 + span / 2 * random()
    }

    /// The last try was a success.
    package mutating func reset() { next = first }
}
