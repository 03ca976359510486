import ReactorSimulation
import Testing

@testable import Mandos

@Suite("A fleet") struct FleetTests {
    @Test(
        """
        in 90 days of outages, decisions and clock steps, secrets go to enabled and approved clients \
        alone, nobody is enabled past expiry, and nobody disabled before it
        """)
    func months() throws {
        let seed = SeededGenerator.fromEnvironment().seed
        let fleet = Fleet(seed: seed, clientCount: 1000, actionInterval: .seconds(60))
        try fleet.run(for: .seconds(90 * 86_400))
        let counts = fleet.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("fleet: TEST_SEED=\(seed): \(counts.joined(separator: ", "))")
        #expect(fleet.problem == nil, "TEST_SEED=\(seed)")
        for what in [
            "granted", "waits", "expired", "disabled", "refused: is disabled",
            "refused: approval denied", "refused: approval timed out",
            "refused: no longer exists",
        ] {
            #expect(fleet.counts[what, default: 0] > 10, "too few to prove anything: \(what)")
        }
    }
}
