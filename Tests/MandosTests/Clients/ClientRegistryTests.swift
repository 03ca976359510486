import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// With the real shell, in simulated time: every checker here ends at once, or is ended.
@Suite("Client registry") struct ClientRegistryTests {
    private func harness(
        _ checkers: [String], countMax: Int = 16
    ) throws -> ServiceHarness {
        var policy = CheckerPolicy()
        policy.countMax = countMax
        let clients = checkers.enumerated().map {
            ServiceHarness.client("client\($0.offset)", checker: $0.element, keyID: nil)
        }
        let harness = try ServiceHarness(clients: clients, checkers: policy)
        harness.kernel.patience = .milliseconds(500)
        return harness
    }

    private func isEnabled(_ index: Int, _ harness: ServiceHarness) -> Bool {
        let record = harness.registry.record(of: ClientName("client\(index)"))
        return record?.isEnabled(at: harness.loop.now) ?? false
    }

    @Test("a client whose checks succeed stays enabled, one whose checks fail expires on time")
    func expiry() throws {
        let harness = try harness(["exit 0", "exit 1"])
        let start = harness.loop.now
        try harness.run { !isEnabled(1, harness) }
        #expect(harness.loop.now == start + .seconds(300))
        #expect(isEnabled(0, harness))
        #expect(harness.sink.contains(.info, "client client1: disabled: no successful check"))
        try harness.run { harness.loop.now > start + .seconds(1000) }
        #expect(isEnabled(0, harness))
        try harness.tearDown()
    }

    @Test("a checker is told its client's values, quoted for the shell")
    func command() throws {
        let harness = try harness(["test %(name)s = client0 -a %(enabled)s = True"])
        try harness.run { harness.sink.contains(.info, "client client0: checker succeeded") }
        #expect(
            harness.sink.contains(
                .info, "starting checker “test client0 = client0 -a True = True”"))
        try harness.tearDown()
    }

    @Test("a checker that cannot be expanded is reported each time, and the schedule goes on")
    func badTemplate() throws {
        let harness = try harness(["fping %(nonsense)s"])
        let start = harness.loop.now
        try harness.run { harness.loop.now >= start + .seconds(240) }
        let reports = harness.sink.lines.count { $0.contains("checker: no value of the name") }
        #expect(reports == 2)
        try harness.tearDown()
    }

    @Test("no more checkers run at a time than may, and the others have their turn")
    func queue() throws {
        let marker = "exec sleep 0.05"
        let harness = try harness(Array(repeating: marker, count: 6), countMax: 2)
        try harness.run {
            let (started, ended) = counts(harness)
            #expect(started - ended <= 2)
            return ended == 6
        }
        try harness.tearDown()
    }

    private func counts(_ harness: ServiceHarness) -> (started: Int, ended: Int) {
        let lines = harness.sink.lines
        return (
            lines.count { $0.contains("starting checker") },
            lines.count { $0.contains("checker succeeded") }
        )
    }

    @Test("disabling a client ends its checker, and refuses those who wait for its secret")
    func disabling() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(checker: "sleep 60", approvalDelay: .seconds(1000))
        ])
        try harness.listen()
        harness.kernel.patience = .milliseconds(50)
        let peer = try harness.connect()
        peer.boot()
        try harness.run { harness.sink.contains(.info, "starting checker") }
        let start = harness.loop.now
        harness.registry.disable(ClientName("test"), reason: "by request")
        try harness.run { peer.isDone }
        #expect(peer.received == [])
        #expect(harness.loop.now == start)
        #expect(harness.sink.contains(.info, "client test: is disabled"))
        try harness.tearDown()
    }

    @Test("a peer that was served gives its client the extended timeout")
    func extended() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client(checker: "exit 1")])
        try harness.listen()
        harness.kernel.patience = .milliseconds(50)
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        try harness.run { harness.sink.contains(.info, "client test: disabled") }
        #expect(harness.loop.now == start + .seconds(900))
        try harness.tearDown()
    }
}
