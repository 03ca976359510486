import Reactor

@testable import Mandos

/// Many clients for months, with servers that stall, sleep, are restarted and crash, and with a
/// calendar that is set at random. Everything comes from one seed. What is promised:
///
/// - A machine that answers every check is never disabled once a check of it has succeeded, which is on
///   the disk ten seconds later.
/// - A machine that is gone is enabled for no longer than `limit` of the time in which a server could
///   check, counted from its last success.
/// - Once a failure was heard, it is disabled by the deadline that it had, whoever stalls, sleeps,
///   or is restarted, as long as nobody sets the calendar.
final class UnsteadyFleet: ClientObserver {
    private final class Machine {
        let settings: ClientSettings
        /// Whether it answers.
        var isUp = true
        /// When the first check that has succeeded since it was enabled is on the disk.
        var provenAt: Instant?
        /// On the clock of time in which a server could check.
        var lastSuccess: Duration = .zero
        /// By when it has to be disabled; nil if nobody knows that it is gone.
        var deadline: Instant?
        var isHanging = false

        init(_ settings: ClientSettings) { self.settings = settings }

        func isProven(at instant: Instant) -> Bool { provenAt.map { $0 <= instant } ?? false }

        /// Its timeout; twice that if servers end without saving what they know; and the time that
        /// passes until a check has failed.
        var limit: Duration {
            settings.timeout * 2 + settings.interval + UnsteadyFleet.slowestCheck + .seconds(30)
        }
    }

    /// `StateKeeper.soonDelay`, and a moment.
    private static let savingSpan: Duration = .seconds(11)
    private static let slowestCheck: Duration = .seconds(130)
    /// What may be added once to what was left of the timeout.
    private static let grace: Duration = .seconds(20)

    private let kernel = FleetKernel()
    private let random: RandomSource
    private var loop: EventLoop
    private var registry: ClientRegistry?
    private var keeper: StateKeeper?
    private var store = FleetStore()
    private var machines: [ClientName: Machine] = [:]
    private var gone: Set<ClientName> = []
    private let clients: [ClientSettings]
    private var action: Timer?
    private enum Ending { case orderly, crash }
    private var ending: Ending?
    /// Crashes that follow soon.
    private var crashesToCome = 0
    private var startedAt: Instant
    /// While a server starts: when the one before it ended.
    private var endedAt: Instant?
    private var timeUnattended: Duration = .zero
    private var excursion: Duration = .zero
    private(set) var counts: [String: Int] = [:]
    private(set) var problem: String?

    init(seed: UInt64, clientCount: Int) {
        random = RandomSource(seed: seed)
        loop = EventLoop(kernel: kernel)
        startedAt = kernel.now()
        let random = random
        clients = (0..<clientCount).map { random.steadySettings($0) }
        for settings in clients { machines[settings.name] = Machine(settings) }
        kernel.fate = { [self] in fate($0) }
    }

    func run(for span: Duration) throws {
        let end = kernel.now() + span
        try start()
        while kernel.now() < end, problem == nil {
            try loop.turn()
            checkLimits()
            if let ending {
                self.ending = nil
                try restart(ending)
            }
        }
        try stop()
    }

    private func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) {
        if !isTrue, problem == nil { problem = "at \(loop.now.nanoseconds) ns: \(what())" }
    }

    private func count(_ what: String) { counts[what, default: 0] += 1 }

    /// The clock of time in which a server could check.
    private var attended: Duration { loop.now - startedAt - timeUnattended }
}

// Servers.
extension UnsteadyFleet {
    private func start() throws {
        loop = EventLoop(kernel: kernel)
        let log = Log(threshold: .critical, sinks: [])
        let keeper = StateKeeper(store, on: loop, log: log, interval: .seconds(900))
        let records = try keeper.restore(clients, rejected: [], isIgnoring: false)
        for record in records where record.start == .disabled {
            noteDisabled(record.settings.name)
        }
        var policy = CheckerPolicy()
        policy.countMax = 64
        let random = random
        policy.delay = { random.duration(upTo: $0) }
        let registry = ClientRegistry(records, on: loop, log: log, checkers: policy)
        registry.add(self)
        registry.start()
        keeper.follow(registry)
        self.keeper = keeper
        self.registry = registry
        for name in clients.map(\.name) where registry.record(of: name)?.isEnabled == false {
            enable(name)
        }
        act()
    }

    private func stop() throws {
        action = nil
        keeper?.stop()
        registry?.stop(within: .zero)
        registry = nil
        for _ in 0..<10_000 where loop.registrationCount > 0 { try loop.turn() }
    }

    private func restart(_ ending: Ending) throws {
        count(ending == .crash ? "crash" : "restart")
        let before = loop.now
        let left = store.copy()
        endedAt = before
        try stop()
        if ending == .crash { store = left }
        kernel.stall(for: random.below(2) == 0 ? .seconds(random.below(60)) : randomNight())
        if random.below(4) == 0 { stepClock() }
        timeUnattended += kernel.now() - before
        try start()
        endedAt = nil
        if crashesToCome > 0 {
            crashesToCome -= 1
            action = loop.timer(after: .seconds(1 + random.below(60))) { [self] in
                self.ending = .crash
            }
        }
    }

    private func randomNight() -> Duration { .seconds(random.below(12 * 3600)) }
}

// What happens.
extension UnsteadyFleet {
    private func act() {
        let name = clients[random.below(clients.count)].name
        action = loop.timer(after: random.exponential(mean: .seconds(7200))) { [self] in
            switch random.below(100) {
            case 0..<15:
                stall(.seconds(1 + random.below(600))) { kernel.stall(for: $0) }
            case 15..<25: stall(randomNight()) { kernel.suspend(for: $0) }
            case 25..<32: ending = .orderly
            case 32..<35: ending = .crash
            case 35:
                ending = .crash
                crashesToCome = 1 + random.below(2)
            case 36..<39: stepClock()
            case 39..<60: machines[name].map { fail($0) }
            default: break
            }
            act()
        }
    }

    private func stall(_ span: Duration, _ body: (Duration) -> Void) {
        guard span >= Gap.spanMin else { return }
        count("gap")
        body(span)
        timeUnattended += span
    }

    /// For years, and back again the next time.
    private func stepClock() {
        count("clock")
        let step = excursion == .zero ? random.step() : .zero - excursion
        excursion += step
        kernel.stepWallClock(by: step)
        for name in gone { machines[name]?.deadline = nil }
    }

    private func fail(_ machine: Machine) {
        guard machine.isUp, machine.isProven(at: loop.now) else { return }
        count("gone")
        machine.isUp = false
        machine.isHanging = random.below(20) == 0
        gone.insert(machine.settings.name)
    }

    private func fate(_ command: String) -> FleetKernel.Fate? {
        count("checks")
        guard let machine = machines[ClientName(command)], !machine.isUp else {
            return .init(duration: .milliseconds(random.below(3000)), status: .exited(0))
        }
        return machine.isHanging
            ? .init(duration: Self.slowestCheck, status: .exited(1))
            : .init(duration: .seconds(4), status: .exited(1))
    }

    /// Somebody notices, repairs it, and enables it again.
    private func enable(_ name: ClientName) {
        guard let machine = machines[name] else { return }
        gone.remove(name)
        machine.isUp = true
        machine.provenAt = nil
        machine.deadline = nil
        machine.lastSuccess = attended
        registry?.enable(name)
    }
}

// What is promised.
extension UnsteadyFleet {
    private func noteDisabled(_ name: ClientName) {
        guard let machine = machines[name] else { return }
        expect(
            !machine.isUp || !machine.isProven(at: endedAt ?? loop.now),
            "\(name.text) is up, and was disabled")
        count(machine.isUp ? "disabled before it was ever checked" : "disabled")
    }

    private func checkLimits() {
        for name in gone {
            guard let machine = machines[name],
                registry?.record(of: name)?.isEnabled(at: loop.now) == true
            else { continue }
            let span = attended - machine.lastSuccess
            expect(span <= machine.limit, "\(name.text) is gone, and enabled after \(span)")
            if let deadline = machine.deadline {
                expect(loop.now < deadline, "\(name.text) is enabled past its deadline")
            }
        }
    }

    func client(_ name: ClientName, changed property: ClientProperty) {
        guard property == .isEnabled, registry?.record(of: name)?.isEnabled == false else { return }
        noteDisabled(name)
        loop.later { [self] in enable(name) }
    }

    func client(_ name: ClientName, emitted signal: ClientSignal) {
        guard case .checkerCompleted(let status, _) = signal, let machine = machines[name] else {
            return
        }
        if status == .exited(0) {
            machine.lastSuccess = attended
            if machine.provenAt == nil { machine.provenAt = loop.now + Self.savingSpan }
            machine.deadline = nil
        } else if machine.deadline == nil, !machine.isUp {
            machine.deadline = loop.now + machine.settings.timeout + Self.grace
        }
    }

    func clientAdded(_ name: ClientName) {}
    func clientRemoved(_ name: ClientName) {}
    func clientNotFound(_ keyID: KeyID, address: String) {}
}
