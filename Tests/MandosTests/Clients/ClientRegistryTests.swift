import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// With the real shell, in simulated time: every checker here ends at once, or is ended.
@Suite("Client registry") struct ClientRegistryTests {
    private func harness(
        _ checkers: [String], countMax: Int = 16, grain: Duration = .zero
    ) throws -> ServiceHarness {
        var policy = CheckerPolicy()
        policy.grain = grain
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
        try harness.run { harness.sink.contains(.info, "client client1: disabled") }
        #expect(harness.loop.now == start + .seconds(300))
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

    @Test("checks that are due at nearly the same time are begun at the same time")
    func together() throws {
        let harness = try harness(Array(repeating: "%(none)s", count: 3), grain: .milliseconds(50))
        func checks() -> Int { harness.sink.lines.count { $0.contains("checker: no value") } }
        let start = harness.loop.now
        // Nobody is due before the third of them.
        for index in 0..<3 {
            let timer = harness.loop.timer(at: start + .milliseconds(10_001 + 11 * index)) {
                harness.registry.change(.interval(.seconds(20)), of: ClientName("client\(index)"))
            }
            try harness.run { checks() > index }
            _ = consume timer
        }
        var times: Set<Instant> = []
        try harness.run {
            if checks() > 3 { times.insert(harness.loop.now) }
            return checks() >= 9
        }
        #expect(times.count == 2)
        #expect(times.allSatisfy { $0.nanoseconds % 50_000_000 == 0 })
        try harness.tearDown()
    }

    @Test(
        "a check is begun at most 50 ms before it is due, and exactly then if it is due so often",
        arguments: [
            (due: 120_049, interval: 120_000, start: 120_000), (120_050, 120_000, 120_050),
            (1_099, 1_000, 1_050), (999, 999, 999), (49, 120_000, 0),
        ])
    func grain(_ due: Int64, _ interval: Int64, _ start: Int64) {
        var policy = CheckerPolicy()
        policy.grain = .milliseconds(50)
        let instant = Instant(nanoseconds: due * 1_000_000)
        #expect(
            policy.start(due: instant, interval: .milliseconds(interval))
                == Instant(nanoseconds: start * 1_000_000))
        policy.grain = .zero
        #expect(policy.start(due: instant, interval: .milliseconds(interval)) == instant)
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

    @Test("what is told of a client that is enabled, checked and disabled is told in order")
    func observed() throws {
        let harness = try harness(["exit 0"])
        let name = ClientName("client0")
        harness.registry.disable(name, reason: "by request")
        let observer = RecordingObserver(harness.registry)
        harness.registry.add(observer)
        harness.registry.enable(name)
        harness.registry.enable(name)
        try harness.run { observer.events.contains { $0.hasPrefix("checkerCompleted") } }
        harness.registry.disable(name, reason: "by request")
        #expect(
            observer.events == [
                "isEnabled", "lastEnabled", "expires", "isCheckerRunning", "checkerStarted exit 0",
                "isCheckerRunning", "lastCheckerStatus", "lastCheckedOK", "expires",
                "checkerCompleted exited(0)", "expires", "isEnabled",
            ])
        try harness.tearDown()
    }

    @Test("5.3: a client enabled at run time is checked after exactly one interval")
    func enabling() throws {
        let harness = try harness(["exit 0"])
        let name = ClientName("client0")
        harness.registry.disable(name, reason: "by request")
        let start = harness.loop.now
        harness.registry.enable(name)
        try harness.run { harness.sink.contains(.info, "starting checker") }
        #expect(harness.loop.now == start + .seconds(120))
        try harness.tearDown()
    }

    @Test("5.5: a check that is asked for runs at once, also for a disabled client")
    func requestedCheck() throws {
        let harness = try harness(["echo up; exit 0"])
        let name = ClientName("client0")
        harness.registry.disable(name, reason: "by request")
        let start = harness.loop.now
        try harness.registry.startChecker(name)
        try harness.registry.startChecker(name)
        try harness.run { harness.sink.contains(.info, "checker succeeded") }
        #expect(harness.loop.now == start)
        #expect(harness.sink.lines.count { $0.contains("starting checker") } == 1)
        #expect(harness.registry.record(of: name)?.isEnabled == false)
        #expect(harness.registry.record(of: name)?.lastCheckedOK != nil)
        #expect(harness.registry.checkerOutput(of: name) == Array("up\n".utf8))
        #expect(harness.sink.contains(.debug, "client client0: checker wrote “up”"))
        try harness.tearDown()
    }

    @Test("5.6: a checker that is stopped has no result")
    func stoppedCheck() throws {
        let harness = try harness(["sleep 60"])
        let name = ClientName("client0")
        try harness.registry.startChecker(name)
        let observer = RecordingObserver(harness.registry)
        harness.registry.add(observer)
        harness.registry.stopChecker(name)
        harness.registry.stopChecker(name)
        #expect(observer.events == ["isCheckerRunning"])
        #expect(harness.registry.record(of: name)?.lastCheckerStatus == -2)
        #expect(harness.sink.contains(.debug, "checker stopped"))
        try harness.tearDown()
    }

    @Test("a check that waits for its turn and is not wanted any more is passed over")
    func unwanted() throws {
        let harness = try harness(["sleep 60", "exit 0", "exit 0"], countMax: 1)
        for index in 0..<3 { try harness.registry.startChecker(ClientName("client\(index)")) }
        harness.registry.stopChecker(ClientName("client1"))
        harness.registry.stopChecker(ClientName("client0"))
        try harness.run { harness.sink.contains(.info, "client client2: checker succeeded") }
        #expect(!harness.sink.contains(.info, "client client1: starting checker"))
        try harness.tearDown()
    }

    @Test("a check of a template that cannot be expanded is an error for who asks for it")
    func badRequest() throws {
        let harness = try harness(["%(nonsense)s"])
        #expect(throws: CheckerTemplateError.unknownName("nonsense")) {
            try harness.registry.startChecker(ClientName("client0"))
        }
        try harness.tearDown()
    }

    @Test("a client that is removed is nobody's, and no other gets its key")
    func removing() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client("first", checker: "sleep 60"), ServiceHarness.client("second"),
        ])
        let keyID = try #require(TestKey.keyID)
        let observer = RecordingObserver(harness.registry)
        try harness.registry.startChecker(ClientName("first"))
        harness.registry.add(observer)
        harness.registry.remove(ClientName("first"))
        #expect(harness.registry.client(with: keyID) == nil)
        harness.registry.remove(ClientName("second"))
        #expect(harness.registry.client(with: keyID) == nil)
        #expect(observer.events == ["removed first", "removed second"])
        #expect(harness.registry.names == [])
        try harness.tearDown()
    }

    @Test("a client that is added is served from then on, unless its name is taken")
    func adding() throws {
        let harness = try ServiceHarness(clients: [])
        let observer = RecordingObserver(harness.registry)
        harness.registry.add(observer)
        try harness.registry.add(ServiceHarness.client("new"))
        #expect(throws: AddProblem.name(ClientName("new"))) {
            try harness.registry.add(ServiceHarness.client("new"))
        }
        #expect(observer.events == ["added new", "isEnabled", "lastEnabled", "expires"])
        #expect(harness.registry.client(with: try #require(TestKey.keyID))?.text == "new")
        try harness.tearDown()
    }

    @Test("a wall clock that is set neither expires nor prolongs anybody, and is told")
    func clockStep() throws {
        let harness = try harness(["exit 1"])
        let start = harness.loop.now
        let observer = RecordingObserver(harness.registry)
        harness.registry.add(observer)
        harness.kernel.stepWallClock(by: .seconds(-400_000))
        try harness.run { !observer.events.isEmpty }
        #expect(observer.events == ["expires"])
        let shown = harness.registry.record(of: ClientName("client0"))?.expires
        #expect(shown == harness.kernel.wallTime() + .seconds(300))
        try harness.run { !isEnabled(0, harness) }
        #expect(harness.loop.now == start + .seconds(300))
        try harness.tearDown()
    }
}
