import Foundation
import Reactor
import ReactorSimulation

@testable import Mandos

/// What happens to a fleet, out of one seed.
final class RandomSource {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    func duration(upTo span: Duration) -> Duration {
        .nanoseconds(Int64.random(in: 0...span.clampedNanoseconds, using: &generator))
    }

    func exponential(mean: Duration) -> Duration {
        let uniform = Double.random(in: 0..<1, using: &generator)
        return mean * -log(1 - uniform)
    }

    /// Of the wall clock: seconds, or years.
    func step() -> Duration {
        let magnitude: Duration =
            below(2) == 0 ? .seconds(below(100)) : .seconds(below(100_000_000))
        return below(2) == 0 ? magnitude : .zero - magnitude
    }

    func settings(_ index: Int) -> ClientSettings {
        let interval: Duration = .seconds(3600 * (1 + below(30)))
        return ClientSettings(
            name: ClientName("client\(index)"), keyID: nil, keyIDText: "", fingerprint: "",
            secret: SharedSecret(SensitiveBytes(copying: [1, 2, 3])), host: "",
            checker: "%(name)s", timeout: interval * (1 + below(4)),
            extendedTimeout: interval * (1 + below(4)), interval: interval,
            approvalDelay: below(2) == 0 ? .zero : .seconds(below(120)),
            approvalDuration: below(4) == 0 ? .zero : .seconds(below(90)),
            isApprovedByDefault: below(2) == 0,
            isEnabled: below(10) > 0)
    }

    /// Of a client that is meant to stay enabled while it answers: two checks fit into its timeout.
    func steadySettings(_ index: Int) -> ClientSettings {
        var settings = self.settings(index)
        while !settings.isEnabled { settings = self.settings(index) }
        let timeout = settings.interval * 2 + .seconds(60 + below(100_000))
        _ = settings.apply(.timeout(timeout))
        _ = settings.apply(.approvalDelay(.zero))
        return settings
    }

    func setting() -> ClientSetting {
        switch below(6) {
        case 0: .approvalDelay(below(2) == 0 ? .zero : .seconds(below(120)))
        case 1: .approvalDuration(below(4) == 0 ? .zero : .seconds(below(90)))
        case 2: .isApprovedByDefault(below(2) == 0)
        case 3: .extendedTimeout(.seconds(3600 * (1 + below(60))))
        case 4: .interval(.seconds(3600 * (1 + below(30))))
        default: .timeout(.seconds(3600 * (1 + below(100))))
        }
    }
}
