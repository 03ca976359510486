import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("A peer that is gone") struct DeadPeerTests {
    private static let name = ClientName("test")

    /// When the kernel gives up a silent connection, by its own rule (tcp_keepalive_timer): it looks at
    /// it when a question is due, and needs one that was not answered.
    private func end(_ timeout: DeadPeerTimeout) -> Int {
        var now = Int(timeout.idleSeconds)
        var questions = 0
        while !(now * 1000 >= Int(timeout.answerMilliseconds) && questions > 0) {
            questions += 1
            now += Int(timeout.intervalSeconds)
        }
        return now
    }

    @Test("is noticed in time by the kernel, and not before half of it, whatever the time is")
    func timeout() {
        for seconds in 3...3600 {
            let end = end(DeadPeerTimeout(.seconds(seconds)))
            #expect(end <= seconds && 2 * end >= seconds, "\(seconds) s")
        }
        #expect(DeadPeerTimeout(.zero).idleSeconds == 1)
        #expect(DeadPeerTimeout(.seconds(100_000)).answerMilliseconds < 3_600_000)
    }

    @Test(
        "makes the listening socket ask, so that every accepted one does without a call of its own")
    func listener() throws {
        let kernel = try SimulatedKernel()
        var settings = ServerSettings()
        settings.limits.deadPeerTimeout = .seconds(30)
        let sink = RecordingSink()
        let log = Log(threshold: .debug, sinks: [sink])
        let socket = try ListeningSocket(settings: settings, kernel: kernel, log: log).open()
        #expect(
            kernel.optionsSet.contains(.keepAlive(idleSeconds: 10, intervalSeconds: 5))
                && kernel.optionsSet.contains(.userTimeout(milliseconds: 25_000)))
        #expect(sink.lines == [])
        _ = consume socket
    }

    /// A server with one client, which tells of everything.
    private func harness(
        unacknowledged: Int?
    ) throws -> (ServiceHarness, RecordingObserver) {
        let harness = try ServiceHarness(clients: [ServiceHarness.client()])
        harness.kernel.unacknowledged = unacknowledged
        let observer = RecordingObserver(harness.registry)
        harness.registry.add(observer)
        try harness.listen()
        return (harness, observer)
    }

    private func expiry(_ harness: ServiceHarness) -> WallTime? {
        harness.registry.record(of: Self.name)?.expires
    }

    @Test("has not got its secret, and its client lives no longer for it")
    func lost() throws {
        let (harness, observer) = try harness(unacknowledged: 300)
        let expires = expiry(harness)
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        try harness.runUntilIdle()
        #expect(harness.loop.now == start + .seconds(30))
        #expect(observer.events == [])
        #expect(expiry(harness) == expires)
        #expect(!harness.sink.contains(.info, "secret sent"))
        #expect(
            harness.sink.contains(
                .warning, "the secret of test was not taken: nothing was acknowledged in time"))
        try harness.tearDown()
    }

    @Test("that closed before its secret came has not got it either")
    func closedEarly() throws {
        let (harness, observer) = try harness(unacknowledged: nil)
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.hangsUpAfterItsMessages = true
        peer.boot()
        try harness.run { peer.isDone }
        try harness.runUntilIdle()
        #expect(harness.loop.now < start + .seconds(1))
        #expect(observer.events == [])
        #expect(harness.sink.contains(.warning, "the secret of test was not taken: "))
        try harness.tearDown()
    }

    @Test("for a while has got its secret as soon as it acknowledges it")
    func late() throws {
        let (harness, observer) = try harness(unacknowledged: 1)
        let peer = try harness.connect()
        peer.boot()
        let start = harness.loop.now
        let timer = harness.loop.timer(at: start + .seconds(10)) {
            harness.kernel.unacknowledged = 0
        }
        try harness.run { !observer.events.isEmpty }
        #expect(observer.events == ["expires", "gotSecret"])
        #expect(harness.loop.now >= start + .seconds(10))
        #expect(harness.loop.now <= start + .seconds(11))
        _ = consume timer
        try harness.runUntilIdle()
        try harness.tearDown()
    }

    @Test("and a client that is disabled or removed meanwhile stays so", arguments: [true, false])
    func revoked(isRemoved: Bool) throws {
        let (harness, observer) = try harness(unacknowledged: 1)
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        if isRemoved {
            harness.registry.remove(Self.name)
            // Another one with that name has nothing to do with it.
            try harness.registry.add(ServiceHarness.client(keyID: nil))
        } else {
            harness.registry.disable(Self.name, reason: "by request")
        }
        let expires = expiry(harness)
        harness.kernel.unacknowledged = 0
        try harness.runUntilIdle()
        #expect(harness.registry.record(of: Self.name)?.isEnabled == isRemoved)
        #expect(expiry(harness) == expires)
        #expect(observer.events.contains("gotSecret") == !isRemoved)
        try harness.tearDown()
    }

    @Test("when the server stops is asked once more", arguments: [0, 1])
    func stop(unacknowledged: Int) throws {
        let (harness, observer) = try harness(unacknowledged: 1)
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        harness.kernel.unacknowledged = unacknowledged
        harness.service.stop()
        #expect(observer.events.contains("gotSecret") == (unacknowledged == 0))
        #expect(
            harness.sink.contains(.warning, "was not taken before the server stopped")
                == (unacknowledged == 1))
        try harness.tearDown()
    }

    @Test("is counted as served without its goodbye, once it has acknowledged everything")
    func silent() throws {
        let (harness, observer) = try harness(unacknowledged: nil)
        let peer = try harness.connect()
        peer.isLazy = true
        peer.boot()
        // A delayed acknowledgement takes 40 ms of real time.
        harness.kernel.patience = .milliseconds(200)
        let start = harness.loop.now
        try harness.run { !observer.events.isEmpty }
        #expect(observer.events == ["expires", "gotSecret"])
        #expect(harness.loop.now <= start + .seconds(1))
        peer.hangUp()
        try harness.runUntilIdle()
        try harness.tearDown()
    }
}
