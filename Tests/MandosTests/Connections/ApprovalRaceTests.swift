import Reactor
import Testing

@testable import Mandos

/// Peers with real TLS in simulated time, and what operators do around the end of a delay.
@Suite("Approval of a peer that waits") struct ApprovalRaceTests {
    enum Act: CaseIterable, Sendable {
        case approve, deny, disable, remove, hangUp
    }

    private static let name = ClientName("test")
    private static let secret = Array("secret".utf8)

    /// A peer that waits for 20 s.
    private func waiting(
        isApprovedByDefault: Bool = true, duration: Duration = .seconds(1), peers count: Int = 1
    ) throws -> (ServiceHarness, [TestPeer]) {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(
                approvalDelay: .seconds(20), approvalDuration: duration,
                isApprovedByDefault: isApprovedByDefault)
        ])
        try harness.listen()
        let peers = try (0..<count).map { _ in try harness.connect() }
        for peer in peers { peer.boot() }
        try harness.run {
            harness.sink.lines.count { $0.contains("needs approval") } == count
        }
        return (harness, peers)
    }

    private func carryOut(_ act: Act, _ harness: ServiceHarness, _ peer: TestPeer) {
        switch act {
        case .approve: harness.registry.decide(.approved, Self.name)
        case .deny: harness.registry.decide(.denied, Self.name)
        case .disable: harness.registry.disable(Self.name, reason: "by request")
        case .remove: harness.registry.remove(Self.name)
        case .hangUp: peer.hangUp()
        }
    }

    @Test("is answered at once by whatever an operator does", arguments: Act.allCases)
    func once(act: Act) throws {
        let (harness, peers) = try waiting()
        let start = harness.loop.now
        carryOut(act, harness, peers[0])
        try harness.runUntilIdle()
        #expect(harness.loop.now == start)
        #expect(peers[0].received == (act == .approve ? Self.secret : []))
        #expect(peers[0].state == (act == .hangUp ? .failed : .finished))
        try harness.tearDown()
    }

    /// Before, at and after the deadline; at it, with the operator first or the deadline first.
    enum Order: CaseIterable, Sendable { case before, first, last, after }

    @Test(
        "has one outcome, in whatever order two acts and the end of its delay come",
        arguments: Act.allCases.flatMap { first in Act.allCases.map { (first, $0) } },
        Order.allCases)
    func race(_ acts: (Act, Act), _ order: Order) throws {
        let (harness, peers) = try waiting(isApprovedByDefault: false)
        let peer = peers[0]
        let end = harness.loop.now + .seconds(20)
        let act = { [self] in
            carryOut(acts.0, harness, peer)
            carryOut(acts.1, harness, peer)
        }
        // Timers of the same instant run in the order of their arming, and the one of the delay is
        // armed already.
        let timer: Timer
        switch order {
        case .before: timer = harness.loop.timer(at: end + .nanoseconds(-1), action: act)
        case .first:
            timer = harness.loop.timer(at: end + .nanoseconds(-1)) {
                harness.kernel.advance(by: .nanoseconds(1))
                act()
            }
        case .last: timer = harness.loop.timer(at: end, action: act)
        case .after: timer = harness.loop.timer(at: end + .nanoseconds(1), action: act)
        }
        try harness.run { harness.loop.now > end }
        try harness.runUntilIdle()
        _ = consume timer
        // The first one that answers it counts; who has hung up gets nothing.
        let isInTime = order == .before || order == .first
        let isServed = isInTime && acts.0 == .approve && acts.1 != .hangUp
        #expect(peer.received == (isServed ? Self.secret : []))
        #expect(harness.service.count == 0)
        try harness.tearDown()
    }

    @Test("one decision answers all peers of the client", arguments: [true, false])
    func several(isApproved: Bool) throws {
        let (harness, peers) = try waiting(duration: .zero, peers: 3)
        let start = harness.loop.now
        harness.registry.decide(isApproved ? .approved : .denied, Self.name)
        try harness.runUntilIdle()
        #expect(harness.loop.now == start)
        for peer in peers { #expect(peer.received == (isApproved ? Self.secret : [])) }
        try harness.tearDown()
    }

    @Test("a decision made shortly before a peer comes counts as long as it holds")
    func before() throws {
        let harness = try ServiceHarness(clients: [
            ServiceHarness.client(approvalDelay: .seconds(20), approvalDuration: .seconds(3))
        ])
        try harness.listen()
        let start = harness.loop.now
        harness.registry.decide(.approved, Self.name)
        let early = try harness.connect()
        early.boot()
        try harness.run { early.isDone }
        #expect(early.received == Self.secret)
        #expect(harness.loop.now == start)
        let late = try harness.connect()
        let timer = harness.loop.timer(at: start + .seconds(3)) { late.boot() }
        try harness.run { harness.sink.contains(.info, "needs approval") }
        #expect(late.received == [])
        _ = consume timer
        late.hangUp()
        try harness.tearDown()
    }

    @Test("what is told, from its arrival to its end, is told in this order")
    func order() throws {
        let (harness, peers) = try waiting()
        let observer = RecordingObserver(harness.registry)
        harness.registry.add(observer)
        harness.kernel.advance(by: .milliseconds(999))
        let second = try harness.connect()
        second.boot()
        try harness.run { observer.events.contains("needApproval 20.0 seconds true") }
        peers[0].hangUp()
        try harness.run { harness.service.count == 1 }
        harness.registry.decide(.approved, Self.name)
        try harness.runUntilIdle()
        #expect(
            observer.events == [
                "lastApprovalRequest", "needApproval 20.0 seconds true", "expires", "gotSecret",
                "approvalPending false",
            ])
        try harness.tearDown()
    }
}

/// Notes what a registry tells.
final class RecordingObserver: ClientObserver {
    private let registry: ClientRegistry
    private(set) var events: [String] = []

    init(_ registry: ClientRegistry) { self.registry = registry }

    func client(_ name: ClientName, changed property: ClientProperty) {
        let value =
            property == .approvalPending ? " \(registry.isApprovalPending(of: name))" : ""
        events.append("\(property)\(value)")
    }

    func client(_ name: ClientName, emitted signal: ClientSignal) {
        switch signal {
        case .checkerStarted(let command): events.append("checkerStarted \(command)")
        case .checkerCompleted(let status, _): events.append("checkerCompleted \(status)")
        case .gotSecret: events.append("gotSecret")
        case .needApproval(let delay, let isApproved):
            events.append("needApproval \(delay) \(isApproved)")
        case .rejected(let refusal): events.append("rejected \(refusal.reason)")
        }
    }

    func clientAdded(_ name: ClientName) { events.append("added \(name.text)") }
    func clientRemoved(_ name: ClientName) { events.append("removed \(name.text)") }
    func clientNotFound(_ keyID: KeyID, address: String) {
        events.append("notFound \(keyID.hex) \(address)")
    }
}
