internal import Reactor

/// How checkers are run.
package struct CheckerPolicy {
    /// As many run at a time; the others wait.
    package var countMax = 16
    /// Whether what they write is also shown on standard error.
    package var isEchoing = false
    /// For checks that need no program; nil if there is no such right.
    package var pinger: Pinger?
    /// Whether a checker that is fping with the host alone needs none either.
    package var replacesFping = false
    /// When the first check of a client is, given its interval.
    package var delay: (Duration) -> Duration = {
        .milliseconds(Int64.random(in: 0...max(0, $0.clampedNanoseconds / 1_000_000)))
    }
    /// Checks that are due within so long of each other are begun together, so that the machine
    /// wakes up once for all of them. Zero: each when it is due.
    package var grain: Duration = .zero

    package init() {}

    /// When to begin a check: at the last moment common to all before it is due; exactly when it is
    /// due, if the interval is so short that the difference would count.
    func start(due: Instant, interval: Duration) -> Instant {
        guard grain > .zero, interval >= grain * 20 else { return due }
        return Instant(nanoseconds: due.nanoseconds - due.nanoseconds % grain.clampedNanoseconds)
    }
}
