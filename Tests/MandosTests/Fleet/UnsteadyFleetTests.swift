import ReactorSimulation
import Testing

@testable import Mandos

@Suite("A fleet, and servers that are not always there") struct UnsteadyFleetTests {
    @Test(
        """
        in 90 days of stalls, suspends, restarts, crashes and clock steps, no machine that answers \
        is disabled, and none that is gone is trusted for longer than its time
        """)
    func months() throws {
        let seed = SeededGenerator.fromEnvironment().seed
        let fleet = UnsteadyFleet(seed: seed, clientCount: 1000)
        try fleet.run(for: .seconds(90 * 86_400))
        let counts = fleet.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("unsteady fleet: TEST_SEED=\(seed): \(counts.joined(separator: ", "))")
        #expect(fleet.problem == nil, "TEST_SEED=\(seed)")
        for what in ["gap", "restart", "crash", "clock", "gone", "disabled"] {
            #expect(fleet.counts[what, default: 0] > 10, "too few to prove anything: \(what)")
        }
    }
}
