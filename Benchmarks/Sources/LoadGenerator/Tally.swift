package import Histogram

/// Counts what becomes of peers.
package struct Tally {
    package private(set) var outcomes: [PeerKind: [Outcome: Int]] = [:]
    package private(set) var attempts = 0
    package private(set) var served = 0
    package private(set) var wrong = 0
    package private(set) var problems: [Outcome: String] = [:]
    package private(set) var latencies = Histogram<UInt32>(
        highestTrackableValue: 24 * 3_600_000_000, numberOfSignificantValueDigits: .three)

    package init() {}

    /// - Parameter seconds: how long a machine that was served has waited.
    package mutating func add(
        _ kind: PeerKind, _ outcome: Outcome, after seconds: Double, problem: String? = nil
    ) {
        attempts += 1
        outcomes[kind, default: [:]][outcome, default: 0] += 1
        if let problem, problems[outcome] == nil { problems[outcome] = problem }
        switch outcome {
        case .served:
            served += 1
            latencies.record(UInt64(max(seconds, 0) * 1e6))
        case .wrong: wrong += 1
        case .empty, .cut, .closed, .reset, .refused, .failed, .late, .left: break
        }
    }

    package var outcomesByName: [String: [String: Int]] {
        var named: [String: [String: Int]] = [:]
        for (kind, counts) in outcomes {
            for (outcome, count) in counts { named[kind.name, default: [:]][outcome.name] = count }
        }
        return named
    }
}
