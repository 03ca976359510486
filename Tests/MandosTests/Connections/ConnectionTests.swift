import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("Connections") struct ConnectionTests {
    private func served(_ client: ClientSettings) throws -> (TestPeer, ServiceHarness) {
        let harness = try ServiceHarness(clients: [client])
        try harness.listen()
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        try harness.runUntilIdle()
        return (peer, harness)
    }

    @Test(
        "a peer with the key of a client gets its secret, whole, and a goodbye",
        arguments: [0, 1, 300, 16_384, 16_385, 100_000, 1_000_000])
    func secret(count: Int) throws {
        let secret = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let (peer, harness) = try served(ServiceHarness.client(secret: secret))
        #expect(peer.state == .finished)
        #expect(peer.received == secret)
        #expect(harness.service.count == 0)
        #expect(harness.sink.contains(.info, "client test: secret sent to [::1]:"))
    }

    @Test("a peer whose key no client has gets a goodbye and nothing else")
    func unknownKey() throws {
        let (peer, harness) = try served(ServiceHarness.client(keyID: KeyID.ofNothing))
        #expect(peer.state == .finished)
        #expect(peer.received == [])
        #expect(harness.sink.contains(.info, "no client has key ID F462F7A3"))
        #expect(harness.sink.contains(.info, "address ::1"))
    }

    @Test("a disabled client gets a goodbye and nothing else")
    func disabled() throws {
        let (peer, harness) = try served(ServiceHarness.client(isEnabled: false))
        #expect(peer.state == .finished)
        #expect(peer.received == [])
        #expect(harness.sink.contains(.info, "client test: is disabled"))
    }

    @Test("a disabled client is refused at once, whatever its approval delay")
    func disabledNeedsNoApproval() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(isEnabled: false, approvalDelay: .seconds(20))
        ])
        try harness.listen()
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        #expect(harness.loop.now == start)
        #expect(peer.received == [])
    }

    @Test("nobody has the key ID of no key at all, whatever the file says")
    func keyOfNothing() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client(keyID: .ofNothing)])
        #expect(harness.registry.client(with: .ofNothing) == nil)
    }

    @Test("of two clients with the same key, the first is meant")
    func sameKey() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client("first"), ServiceHarness.client("second"),
        ])
        #expect(harness.registry.client(with: try #require(TestKey.keyID))?.text == "first")
    }

    @Test("nobody approved: after the delay, the default decides", arguments: [true, false])
    func approvalByDefault(isApproved: Bool) throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(approvalDelay: .seconds(20), isApprovedByDefault: isApproved)
        ])
        try harness.listen()
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        #expect(harness.loop.now == start + .seconds(20))
        #expect(peer.state == .finished)
        #expect(peer.received == (isApproved ? Array("secret".utf8) : []))
        #expect(harness.sink.contains(.warning, "approval timed out") == !isApproved)
    }

    @Test("a peer that leaves while it waits for approval is forgotten at once")
    func leavesWhileWaiting() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(approvalDelay: .seconds(20))
        ])
        try harness.listen()
        let peer = try harness.connect()
        peer.boot()
        try harness.run { harness.sink.contains(.info, "needs approval") }
        let start = harness.loop.now
        peer.hangUp()
        try harness.runUntilIdle()
        #expect(harness.service.count == 0)
        #expect(harness.loop.now == start)
    }

    @Test("who sends no line within 10 s is dropped, and not before")
    func silent() throws {
        let harness = try ServiceHarness(clients: [])
        try harness.listen()
        let start = harness.loop.now
        let peer = try harness.connect()
        try harness.run { peer.isDone }
        #expect(harness.loop.now == start + .seconds(10))
        #expect(peer.received == [])
    }

    @Test("who sends its line byte by byte has no more time than others")
    func dribbled() throws {
        let harness = try ServiceHarness(clients: [])
        try harness.listen()
        let start = harness.loop.now
        let peer = try harness.connect()
        let dribble = Dribble()
        func arm() {
            dribble.timer = harness.loop.timer(after: .seconds(1)) {
                peer.send(" ")
                arm()
            }
        }
        arm()
        try harness.run { peer.isDone }
        dribble.timer = nil
        #expect(harness.loop.now == start + .seconds(10))
    }

    @Test("who begins a handshake and does not end it within 30 s is dropped")
    func stalledHandshake() throws {
        let harness = try ServiceHarness(clients: [])
        try harness.listen()
        let peer = try harness.connect()
        let start = harness.loop.now
        peer.send("1\r\n")
        try harness.run { peer.isDone }
        #expect(harness.loop.now == start + .seconds(30))
        #expect(harness.sink.contains(.warning, "the TLS handshake took too long"))
    }

    /// More than there is room for between two sockets.
    private static let largeSecret = [UInt8](repeating: 7, count: 40_000_000)

    /// A peer that has begun to receive its secret, and reads no more.
    private func lazyPeer(
        _ limits: ConnectionLimits = ConnectionLimits()
    ) throws -> (ServiceHarness, TestPeer) {
        let harness = try ServiceHarness(
            clients: [ServiceHarness.client(secret: Self.largeSecret)], limits: limits)
        try harness.listen()
        let peer = try harness.connect()
        peer.isLazy = true
        peer.boot()
        try harness.run { peer.state == .receiving }
        return (harness, peer)
    }

    @Test("who does not take its secret within 30 s is dropped, while others are served")
    func lazyReader() throws {
        let (harness, lazy) = try lazyPeer()
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        #expect(peer.received == Self.largeSecret)
        #expect(harness.loop.now == start)
        try harness.runUntilIdle()
        #expect(harness.loop.now == start + .seconds(30))
        #expect(harness.sink.contains(.warning, "was not taken in time"))
        lazy.hangUp()
    }

    @Test(
        "a client that is disabled or removed gets no more of its secret", arguments: [false, true])
    func takenBack(_ isRemoved: Bool) throws {
        let (harness, peer) = try lazyPeer()
        let name = ClientName("test")
        harness.registry.decide(.denied, name)
        #expect(harness.service.count == 1, "a decision on somebody who waits")
        if isRemoved {
            harness.registry.remove(name)
        } else {
            harness.registry.disable(name, reason: "by request")
        }
        #expect(harness.service.count == 0)
        #expect(harness.sink.contains(.warning, "was not sent whole"))
        peer.isLazy = false
        try harness.run { peer.isDone }
        #expect(peer.state == .failed)
        #expect(peer.received.count < Self.largeSecret.count / 2)
        try harness.tearDown()
    }

    @Test(
        "a peer with a client's key that goes away, again and again, causes five warnings a minute")
    func warnings() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(approvalDelay: .seconds(1), isApprovedByDefault: false)
        ])
        try harness.listen()
        for _ in 0..<20 {
            let peer = try harness.connect()
            peer.boot()
            try harness.run { peer.isDone }
        }
        let lines = harness.sink.lines.filter { $0.contains("nothing is sent") }
        #expect(lines.count == 20)
        #expect(lines.count { $0.hasPrefix("WARNING: ") } == 5)
        try harness.tearDown()
    }

    @Test("a hang-up is noticed at once, in whatever phase", arguments: ["", "1", "1\r\n"])
    func hangUp(sent: String) throws {
        let harness = try ServiceHarness(clients: [])
        try harness.listen()
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.send(sent)
        try harness.run { harness.service.count == 1 }
        peer.hangUp()
        try harness.runUntilIdle()
        #expect(harness.service.count == 0)
        #expect(harness.loop.now == start)
    }

    @Test("a peer of before TLS 1.3 is refused, with a hint at what it needs")
    func oldPeer() throws {
        let harness = try ServiceHarness(
            clients: [], peerPriority: "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK")
        try harness.listen()
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        try harness.runUntilIdle()
        #expect(peer.state == .failed)
        #expect(harness.sink.contains(.warning, "TLS handshake failed"))
        #expect(harness.sink.contains(.warning, "mandos-client 1.8.1 or later"))
    }

    @Test("who was refused and does not leave makes room for the next at once")
    func refusedIdlers() throws {
        var limits = ConnectionLimits()
        limits.connectionsMax = 4
        let harness = try ServiceHarness(
            clients: [ServiceHarness.client(isEnabled: false)], limits: limits)
        try harness.listen()
        let idlers = try (0..<4).map { _ in try harness.connect() }
        for idler in idlers {
            idler.isLazy = true
            idler.boot()
        }
        try harness.run { idlers.allSatisfy { $0.state == .receiving } }
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        #expect(peer.state == .finished)
        #expect(harness.loop.now == start)
        for idler in idlers { idler.hangUp() }
    }

    @Test(
        "a newcomer is served at once, though clients wait for approval in all places they may have"
    )
    func reserve() throws {
        var limits = ConnectionLimits()
        limits.connectionsMax = 8
        limits.connectionsPerClientMax = 100
        let harness = try ServiceHarness(
            clients: [ServiceHarness.client(approvalDelay: .seconds(600))], limits: limits)
        try harness.listen()
        let waiting = try (0..<20).map { _ in try harness.connect() }
        for peer in waiting { peer.boot() }
        try harness.run { waiting.count { $0.isDone } == 14 && harness.service.count == 6 }
        #expect(harness.sink.contains(.info, "clients have all places that they may have"))
        let start = harness.loop.now
        let stranger = try harness.connect()
        stranger.send("1\r\n")
        try harness.run { !stranger.received.isEmpty }
        #expect(harness.loop.now == start)
        stranger.hangUp()
        harness.registry.decide(.approved, ServiceHarness.client().name)
        try harness.run { waiting.allSatisfy { $0.isDone } }
        #expect(waiting.count { $0.received == Array("secret".utf8) } == 6)
    }

    @Test("of five connections of a client, the oldest goes, and the log says why")
    func perClient() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(approvalDelay: .seconds(60))
        ])
        try harness.listen()
        let waiting = try (0..<5).map { _ in
            let peer = try harness.connect()
            peer.boot()
            try harness.run { peer.state == .receiving }
            return peer
        }
        try harness.run { waiting[0].isDone }
        #expect(waiting.dropFirst().allSatisfy { !$0.isDone })
        #expect(harness.sink.contains(.info, "client test: dropped for a newer connection"))
        harness.registry.decide(.approved, ServiceHarness.client().name)
        try harness.run { waiting.allSatisfy { $0.isDone } }
        #expect(waiting.count { $0.received == Array("secret".utf8) } == 4)
    }

    @Test("a peer that is being sent its secret is not dropped for its client's newer connections")
    func sendingIsKept() throws {
        var limits = ConnectionLimits()
        limits.connectionsPerClientMax = 2
        let (harness, lazy) = try lazyPeer(limits)
        for _ in 0..<3 {
            let peer = try harness.connect()
            peer.boot()
            try harness.run { peer.isDone }
            #expect(peer.received.count == Self.largeSecret.count)
        }
        #expect(!lazy.isDone)
        lazy.hangUp()
    }

    @Test("a deadline is later by the time that the server was busy with something else")
    func slowServer() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client()])
        try harness.listen()
        let peer = try harness.connect()
        peer.send("1\r\n")
        try harness.run { !peer.received.isEmpty }
        let start = harness.loop.now
        harness.loop.later { harness.kernel.advance(by: .seconds(20)) }
        try harness.run { peer.isDone }
        #expect(harness.loop.now == start + .seconds(50))
    }

    @Test("what arrived in time counts, though a stall of the server lasted beyond the deadline")
    func stall() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client()])
        try harness.listen()
        let peer = try harness.connect()
        peer.boot()
        harness.loop.later { harness.kernel.advance(by: .seconds(100)) }
        try harness.run { peer.isDone }
        #expect(peer.received == Array("secret".utf8))
    }

    @Test("without descriptors, a stranger's is taken for a newcomer")
    func noDescriptors() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client()])
        try harness.listen()
        let stalled = try harness.connect()
        stalled.send("1\r\n")
        try harness.run { !stalled.received.isEmpty }
        harness.kernel.failNext("accept4")
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        #expect(peer.received == Array("secret".utf8))
        #expect(harness.loop.now == start)
        try harness.run { stalled.isDone }
    }

    @Test(
        "without descriptors and strangers, a newcomer is refused at once, and the next is served")
    func refused() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client()])
        try harness.listen()
        let start = harness.loop.now
        harness.kernel.failNext("accept4")
        let first = try harness.connect()
        try harness.run { first.isDone }
        let second = try harness.connect()
        second.boot()
        try harness.run { second.isDone }
        #expect(second.received == Array("secret".utf8))
        #expect(harness.loop.now == start)
        #expect(harness.sink.contains(.warning, "refused: no descriptor is left"))
    }

    @Test("who sends nonsense instead of a handshake is refused")
    func nonsense() throws {
        let harness = try ServiceHarness(clients: [])
        try harness.listen()
        let peer = try harness.connect()
        peer.send("1\r\n")
        try harness.run { !peer.received.isEmpty }
        peer.send("GET / HTTP/1.0\r\n\r\n")
        try harness.runUntilIdle()
        #expect(harness.service.count == 0)
        #expect(harness.sink.contains(.warning, "TLS handshake failed"))
        peer.hangUp()
    }

    @Test("300 peers of one source that boot at once are all served")
    func crowd() throws {
        let harness = try ServiceHarness(clients: [ServiceHarness.client()])
        try harness.listen()
        let peers = try (0..<300).map { _ in try harness.connect() }
        for peer in peers { peer.boot() }
        try harness.run { peers.allSatisfy { $0.isDone } }
        #expect(peers.count { $0.received == Array("secret".utf8) } == 300)
    }

    @Test("with every place taken by idlers of one source, an honest peer is served in a moment")
    func idlers() throws {
        var limits = ConnectionLimits()
        limits.connectionsMax = 100
        let harness = try ServiceHarness(clients: [ServiceHarness.client()], limits: limits)
        try harness.listen()
        let idlers = try (0..<250).map { _ in try harness.connect() }
        let start = harness.loop.now
        let peer = try harness.connect()
        peer.boot()
        try harness.run { peer.isDone }
        #expect(peer.received == Array("secret".utf8))
        #expect(harness.loop.now - start < .seconds(1))
        for idler in idlers { idler.hangUp() }
        try harness.runUntilIdle()
        #expect(harness.service.count == 0)
    }

    @Test("whatever system call fails while a peer is served, the next peer is served")
    func anyFault() async {
        await #expect(processExitsWith: .success) {  // alone: descriptors are counted
            for n in 1...2000 {
                var reached = false
                let leaks = try leavesDescriptorsOpen {
                    let harness = try ServiceHarness(
                        clients: [ServiceHarness.client()], failingCall: n)
                    if (try? harness.listen()) != nil {
                        harness.kernel.patience = .zero
                        let first = try? harness.connect()
                        first?.boot()
                        for _ in 0..<200 where first?.isDone == false {
                            try? harness.loop.turn()
                        }
                        first?.hangUp()
                        reached = harness.kernel.faultWasReached
                        if reached {
                            let second = try harness.connect()
                            second.boot()
                            for _ in 0..<400 where !second.isDone { try harness.loop.turn() }
                            try #require(
                                second.received == Array("secret".utf8),
                                "not served after call \(n) failed")
                        }
                    } else {
                        reached = harness.kernel.faultWasReached
                    }
                    harness.service.stop()
                    harness.registry.stop(within: .zero)
                }
                try #require(!leaks, "left open when call \(n) failed")
                if !reached {
                    try #require(n > 20, "too few calls to prove anything")
                    return
                }
            }
        }
    }
}

private final class Dribble { var timer: Timer? }
