import Reactor

@testable import Mandos

/// What the manual pages promise of one client, worked out apart from the server: no timer, no
/// effects, only what was done to it and when.
final class Expectation {
    let index: Int
    let name: ClientName
    var settings: ClientSettings
    private(set) var isEnabled = false
    private(set) var expires = Instant(nanoseconds: 0)
    private var decision: (isApproved: Bool, end: Instant)?
    /// Whether it was said that it is to be disabled.
    private(set) var isToBeDisabled = false

    init(index: Int, settings: ClientSettings) {
        self.index = index
        self.settings = settings
        name = settings.name
    }

    func enable(firstCheck: Duration, at now: Instant) {
        guard !isEnabled else { return }
        isEnabled = true
        isToBeDisabled = false
        expires = now + max(settings.timeout, firstCheck + settings.interval)
    }

    func expectDisabling() { isToBeDisabled = true }

    func disable() {
        isEnabled = false
        isToBeDisabled = false
    }

    func succeed(at now: Instant) { if isEnabled { expires = now + settings.timeout } }

    func sendSecret(at now: Instant) {
        if isEnabled, now < expires { expires = now + settings.extendedTimeout }
    }

    func decide(_ isApproved: Bool, at now: Instant) {
        decision = (isApproved, now + settings.approvalDuration)
    }

    func change(_ setting: ClientSetting) {
        let timeout = settings.timeout
        _ = settings.apply(setting)
        if isEnabled { expires = expires + (settings.timeout - timeout) }
    }

    func mayBeDisabled(at now: Instant) -> Bool { isToBeDisabled || expires <= now }

    /// What a peer that came at `arrival`, when the delay was `delay`, is to be told; nil if it is
    /// to wait.
    ///
    /// - Parameter heard: a decision made this very moment.
    func verdict(
        arrival: Instant, delay: Duration, heard: Bool?, at now: Instant
    ) -> Verdict? {
        if !isEnabled || expires <= now { return .refused("is disabled") }
        if settings.approvalDelay == .zero { return .granted }
        let inForce = decision.flatMap { $0.end > now ? $0.isApproved : nil }
        if let isApproved = heard ?? inForce {
            return isApproved ? .granted : .refused("approval denied")
        }
        guard arrival + delay <= now else { return nil }
        return settings.isApprovedByDefault ? .granted : .refused("approval timed out")
    }

    enum Verdict: Equatable {
        case granted
        case refused(String)
    }
}
