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

    package init() {}
}
