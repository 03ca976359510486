import CShims.Linux
import Reactor
import Testing

@testable import Mandos

/// Many clients for months of simulated time, with machines that fail and come back, and operators
/// who do at random what operators can do. Everything comes from one seed.
final class Fleet: ClientObserver {
    private let kernel = FleetKernel()
    private let loop: EventLoop
    private let registry: ClientRegistry
    private let random: RandomSource
    private var clients: [ClientName: Expectation] = [:]
    private var names: [ClientName] = []
    /// Machines that do not answer their checker, until then.
    private var outages: [ClientName: Instant] = [:]
    private var deadlines: [(instant: Instant, name: ClientName)] = []
    /// Of these it must have been told by the time that the clock goes on.
    private var told: ArraySlice<(instant: Instant, name: ClientName)> = []
    private var peers: [UInt64: FleetPeer] = [:]
    private var lastPeer: UInt64 = 0
    private var nextAction: Timer?
    /// While an operator decides.
    private var saying: Bool?
    private var lastEnds: [ClientName: (status: Reactor.ExitStatus, at: Instant)] = [:]
    private let actionInterval: Duration

    private(set) var counts: [String: Int] = [:]
    private(set) var problem: String?

    init(seed: UInt64, clientCount: Int, actionInterval: Duration) {
        let random = RandomSource(seed: seed)
        self.random = random
        self.actionInterval = actionInterval
        loop = EventLoop(kernel: kernel)
        var policy = CheckerPolicy()
        var firstChecks: [Duration] = []
        policy.countMax = 64
        policy.delay = { interval in
            let delay = random.duration(upTo: interval)
            firstChecks.append(delay)
            return delay
        }
        let settings = (0..<clientCount).map { random.settings($0) }
        registry = ClientRegistry(
            settings, on: loop, log: Log(threshold: .critical, sinks: []), checkers: policy)
        for (index, setting) in settings.enumerated() {
            let expectation = Expectation(index: index, settings: setting)
            clients[setting.name] = expectation
            names.append(setting.name)
        }
        kernel.fate = { [self] in fate($0) }
        kernel.reaped = { [self] command, status in
            lastEnds[ClientName(command)] = (status, loop.now)
        }
        registry.add(self)
        registry.start()
        var next = firstChecks.makeIterator()
        for setting in settings where setting.isEnabled {
            begin(setting.name, firstCheck: next.next()!)
        }
        firstCheck = { firstChecks.last! }
        act()
    }

    /// The last one that was drawn.
    private var firstCheck: () -> Duration = { .zero }

    /// Ends early when something is wrong.
    func run(for span: Duration) throws(SystemError) {
        let end = loop.now + span
        while loop.now < end, problem == nil {
            try loop.turn()
            checkDeadlines()
            counts["turns", default: 0] += 1
        }
        nextAction = nil
        for peer in peers.values { peer.leave() }
        registry.stop(within: .zero)
        while loop.registrationCount > 0 { try loop.turn() }
        expect(kernel.childCount == 0, "children are left")
    }

    private func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) {
        if !isTrue, problem == nil { problem = "at \(loop.now.nanoseconds) ns: \(what())" }
    }

    private func count(_ what: String) { counts[what, default: 0] += 1 }
}

// The machines.
extension Fleet {
    private func fate(_ command: String) -> FleetKernel.Fate? {
        let name = ClientName(command)
        count("checks")
        switch random.below(1000) {
        case 0: return nil
        case 1: return .init(duration: nil, status: .exited(0), ignoresTermination: true)
        case 2: return .init(duration: .milliseconds(5), status: .killed(11))
        default: break
        }
        let isUp = outages[name].map { $0 <= loop.now } ?? true
        return isUp
            ? .init(duration: .milliseconds(random.below(3000)), status: .exited(0))
            : .init(duration: .seconds(4), status: .exited(1))
    }
}

// What is promised of time.
extension Fleet {
    private func begin(_ name: ClientName, firstCheck: Duration) {
        guard let client = clients[name] else { return }
        client.enable(firstCheck: firstCheck, at: loop.now)
        noteDeadline(client)
    }

    private func noteDeadline(_ client: Expectation) {
        guard client.isEnabled else { return }
        deadlines.append((client.expires, client.name))
        var index = deadlines.count - 1
        while index > 0, deadlines[index].instant < deadlines[(index - 1) / 2].instant {
            deadlines.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func removeFirstDeadline() {
        deadlines[0] = deadlines[deadlines.count - 1]
        deadlines.removeLast()
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < deadlines.count }
            guard let least = children.min(by: { deadlines[$0].instant < deadlines[$1].instant }),
                deadlines[least].instant < deadlines[index].instant
            else { return }
            deadlines.swapAt(index, least)
            index = least
        }
    }

    /// Nobody who is enabled is past expiry.
    private func checkDeadlines() {
        while let (instant, name) = deadlines.first, instant <= loop.now {
            removeFirstDeadline()
            told.append((instant, name))
            guard let client = clients[name], client.expires <= loop.now else { continue }
            expect(
                registry.record(of: name)?.isEnabled(at: loop.now) != true,
                "\(name.text) is past expiry")
        }
        while let (instant, name) = told.first, instant < loop.now {
            told.removeFirst()
            guard let client = clients[name], client.expires == instant else { continue }
            expect(!client.isEnabled, "nobody was told that \(name.text) expired")
        }
    }

    func client(_ name: ClientName, changed property: ClientProperty) {
        guard property == .isEnabled, let client = clients[name],
            let record = registry.record(of: name), !record.isEnabled
        else { return }
        expect(client.mayBeDisabled(at: loop.now), "\(name.text) was disabled too early")
        count(client.isToBeDisabled ? "disabled" : "expired")
        client.disable()
    }

    func client(_ name: ClientName, emitted signal: ClientSignal) {
        guard case .checkerCompleted(let status, _) = signal, let client = clients[name] else {
            return
        }
        let end = lastEnds[name]
        expect(
            end?.status == status && end?.at == loop.now, "\(name.text) was not checked like that")
        guard status == .exited(0) else { return }
        client.succeed(at: loop.now)
        noteDeadline(client)
    }

    func clientAdded(_ name: ClientName) {}
    func clientRemoved(_ name: ClientName) {
        expect(registry.record(of: name) == nil, "\(name.text) is still there")
    }
    func clientNotFound(_ keyID: KeyID, address: String) {}
}

// The operators and the peers.
extension Fleet {
    private func act() {
        nextAction = loop.timer(after: random.exponential(mean: actionInterval)) { [self] in
            let name = names[random.below(names.count)]
            if let client = clients[name] { act(on: client) } else { add(name) }
            act()
        }
    }

    private func act(on client: Expectation) {
        let name = client.name
        switch random.below(100) {
        case 0..<45: arrive(client)
        case 45..<60: outages[name] = loop.now + random.exponential(mean: client.settings.timeout)
        case 60..<70: decide(client)
        case 70..<79: enable(client)
        case 79: disable(client)
        case 80..<90: change(client, random.setting())
        case 90..<93: checkedOK(client)
        case 93..<95: try? registry.startChecker(name)
        case 95..<96: registry.stopChecker(name)
        case 96..<97: remove(client)
        default: stepClock(client)
        }
    }

    private func enable(_ client: Expectation) {
        count("enable")
        begin(client.name, firstCheck: client.settings.interval)
        registry.enable(client.name)
    }

    private func disable(_ client: Expectation) {
        count("disable")
        client.expectDisabling()
        registry.disable(client.name, reason: "by request")
        client.disable()
    }

    private func decide(_ client: Expectation) {
        count("decide")
        let isApproved = random.below(2) == 0
        client.decide(isApproved, at: loop.now)
        saying = isApproved
        registry.decide(isApproved ? .approved : .denied, client.name)
        saying = nil
        expect(
            peers.values.allSatisfy { $0.client !== client || $0.isAnswered },
            "not all peers of \(client.name.text) were told of a decision")
    }

    private func change(_ client: Expectation, _ setting: ClientSetting) {
        count("change")
        client.change(setting)
        noteDeadline(client)
        registry.change(setting, of: client.name)
    }

    private func checkedOK(_ client: Expectation) {
        client.succeed(at: loop.now)
        noteDeadline(client)
        registry.noteCheckedOK(client.name)
    }

    private func remove(_ client: Expectation) {
        count("remove")
        clients[client.name] = nil
        registry.remove(client.name)
    }

    private func add(_ name: ClientName) {
        let settings = random.settings(names.firstIndex(of: name)!)
        let client = Expectation(index: 0, settings: settings)
        clients[name] = client
        expect((try? registry.add(settings)) != nil, "\(name.text) is there already")
        if settings.isEnabled { begin(name, firstCheck: firstCheck()) }
    }

    /// What is shown follows the calendar, what is due does not.
    private func stepClock(_ client: Expectation) {
        count("clock")
        kernel.stepWallClock(by: random.step())
        loop.later { [self] in
            loop.later { [self] in checkShownExpiry(client.name) }
        }
    }

    private func checkShownExpiry(_ name: ClientName) {
        guard let record = registry.record(of: name), let shown = record.expires,
            let client = clients[name], client.isEnabled
        else { return }
        let expected = kernel.wallTime() + (client.expires - loop.now)
        let difference = (shown - expected).clampedMicroseconds
        expect(abs(difference) <= 1, "\(name.text) shows an expiry that is off by \(difference) µs")
    }

    private func arrive(_ client: Expectation) {
        lastPeer += 1
        let id = lastPeer
        let peer = FleetPeer(client, at: loop.now)
        peers[id] = peer
        peer.request = registry.request(client.name) { [self] in answer(id, hearing: $0) }
        if random.below(4) == 0 {
            peer.departure = loop.timer(
                after: random.exponential(mean: .seconds(60))
            ) { [self] in leave(id) }
        }
        answer(id, hearing: nil)
    }

    private func leave(_ id: UInt64) { peers.removeValue(forKey: id)?.leave() }

    /// A secret is only ever released to an enabled client that is approved or needs no approval.
    private func answer(_ id: UInt64, hearing decision: Approval.Decision?) {
        guard let peer = peers[id], !peer.isAnswered else { return }
        let name = peer.client.name
        let isGone = clients[name] !== peer.client
        let expected =
            isGone
            ? .refused("no longer exists")
            : peer.client.verdict(
                arrival: peer.arrival, delay: peer.delay, heard: saying, at: loop.now)
        switch peer.answer(registry, decision) {
        case .granted:
            expect(expected == .granted, "\(name.text) got its secret, not \(expected as Any)")
            count("granted")
            peer.isAnswered = true
            send(id)
        case .refused(_, let reason):
            expect(expected == .refused(reason), "\(name.text) \(reason), not \(expected as Any)")
            count("refused: \(reason)")
            peer.isAnswered = true
            leave(id)
        case .waits(let end):
            expect(expected == nil, "\(name.text) waits, not \(expected as Any)")
            expect(end == peer.arrival + peer.delay, "\(name.text) waits for too long")
            count("waits")
            // Armed on either side of the deadline, so that both orders happen.
            let isFirst = random.below(2) == 0
            if isFirst { provoke(id, before: end) }
            peer.deadline = loop.timer(at: end) { [self] in answer(id, hearing: nil) }
            if !isFirst { provoke(id, before: end) }
        }
    }

    /// Has something happen to a client whose peer waits, often right at the end of its delay.
    private func provoke(_ id: UInt64, before end: Instant) {
        guard let peer = peers[id], random.below(3) > 0 else { return }
        let span = end - loop.now
        let moments = [
            random.duration(upTo: span), span, span - .nanoseconds(1), span + .nanoseconds(1),
        ]
        peer.provocation = loop.timer(after: moments[random.below(4)]) { [self] in
            guard clients[peer.client.name] === peer.client else { return }
            switch random.below(10) {
            case 0..<5: decide(peer.client)
            case 5..<7: disable(peer.client)
            case 7: remove(peer.client)
            case 8: leave(id)
            default: change(peer.client, random.setting())
            }
        }
    }

    /// It takes a moment, in which anything may happen.
    private func send(_ id: UInt64) {
        guard let peer = peers[id] else { return }
        peer.deadline = loop.timer(after: .milliseconds(random.below(200))) { [self] in
            if clients[peer.client.name] === peer.client {
                peer.client.sendSecret(at: loop.now)
                noteDeadline(peer.client)
            }
            switch peer.request {
            case .some(let request): registry.noteSecretSent(request)
            case nil: break
            }
            leave(id)
        }
    }
}

/// A machine that boots.
private final class FleetPeer {
    let client: Expectation
    let arrival: Instant
    let delay: Duration
    var request: SecretRequest?
    var deadline: Timer?
    var departure: Timer?
    var provocation: Timer?
    var isAnswered = false

    init(_ client: Expectation, at now: Instant) {
        self.client = client
        arrival = now
        delay = client.settings.approvalDelay
    }

    func answer(
        _ registry: ClientRegistry, _ decision: Approval.Decision?
    ) -> ReleaseDecision {
        switch request {
        case .some(let request): registry.answer(request, hearing: decision)
        case nil: .refused(.critical, "has not asked")
        }
    }

    func leave() {
        isAnswered = true
        request = nil
        deadline = nil
        departure = nil
        provocation = nil
    }
}
