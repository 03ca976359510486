import Foundation
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// A store in memory, which a test can break.
final class FakeStore: StateStore {
    var saved: SavedState?
    var failure: String?
    /// What was given to each `save`.
    private(set) var writes: [StateChanges] = []
    private(set) var attempts = 0
    private(set) var isClosed = false
    var stateKey: SharedSecret?
    var notes: [String] = []
    var foreign = ForeignState()

    init(_ saved: SavedState? = nil) { self.saved = saved }

    func load(searching names: [ClientName]) throws(StateError) -> SavedState? { saved }

    func save(_ changes: StateChanges, or complete: () -> StateChanges) throws(StateError) {
        attempts += 1
        if let failure { throw .notWritten(failure) }
        writes.append(changes)
        var state = saved ?? SavedState()
        for name in changes.dropped { state.clients[name] = nil }
        for client in changes.clients { state.clients[client.name] = client }
        for (name, liveness) in changes.liveness {
            state.clients[name]?.current?.liveness = liveness
        }
        let ended = Set(changes.endedRevocations + changes.revocations.map { $0.identity })
        state.revocations.removeAll { ended.contains($0.identity) }
        state.revocations += changes.revocations
        saved = state
    }

    func key(isMade: Bool) throws(StateError) -> SharedSecret? {
        if stateKey == nil, isMade, let key = SealingKey.make() { stateKey = SharedSecret(key) }
        return stateKey
    }

    func close() { isClosed = true }

    func takeForeign() -> ForeignState {
        defer { foreign = ForeignState() }
        return foreign
    }

    func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }
}

/// In simulated time. The checkers are real, and end at once.
@Suite("Keeping state") final class StateKeeperTests {
    private let kernel: SimulatedKernel
    private let loop: EventLoop
    private let sink = RecordingSink()
    private let log: Log
    private var registry: ClientRegistry?
    private var keeper: StateKeeper?

    init() throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
        log = Log(threshold: .debug, sinks: [sink])
    }

    private static let names = ["a", "b", "c"]

    private var clients: [ClientSettings] { Self.names.map { Saved.settings($0) } }

    /// Starts with these clients, and saves what has to be.
    private func start(
        _ store: FakeStore, _ clients: [ClientSettings]? = nil, isIgnoring: Bool = false,
        rejected: [String] = [], isChecking: Bool = true, leftovers: [String] = []
    ) throws -> (StateKeeper, ClientRegistry) {
        let keeper = StateKeeper(store, on: loop, log: log, interval: .seconds(900))
        keeper.remedy = { "run “chown”" }
        keeper.leftovers = { leftovers }
        let records = try keeper.restore(
            clients ?? self.clients, rejected: rejected.map { ClientName($0) },
            isIgnoring: isIgnoring)
        var policy = CheckerPolicy()
        policy.delay = { isChecking ? $0 : .seconds(1_000_000) }
        let registry = ClientRegistry(records, on: loop, log: log, checkers: policy)
        registry.start()
        keeper.follow(registry)
        try loop.turn()
        self.keeper = keeper
        self.registry = registry
        return (keeper, registry)
    }

    private func tearDown() throws {
        if keeper?.registry != nil { keeper?.stop() }
        registry?.stop(within: .zero)
        kernel.patience = .milliseconds(100)
        for _ in 0..<1000 where loop.registrationCount > 0 { try loop.turn() }
        #expect(loop.registrationCount == 0)
    }

    private func run(for span: Duration) throws {
        let end = loop.now + span
        let timer = loop.timer(at: end) {}
        kernel.patience = .milliseconds(20)
        while loop.now < end { try loop.turn() }
        kernel.patience = .zero
        _ = consume timer
    }

    private func names(_ changes: StateChanges) -> [String] {
        changes.clients.map { $0.name.text }.sorted()
    }

    @Test("at first, everybody is saved; at the next start, nobody whose state is the same")
    func starts() throws {
        let store = FakeStore()
        let (keeper, registry) = try start(store)
        #expect(store.writes.map(names) == [["a", "b", "c"]])
        #expect(sink.contains(.warning, "no saved state"))
        keeper.stop()
        registry.stop(within: .zero)
        let before = store.writes.count
        _ = try start(store)
        #expect(store.writes.count == before)
        try tearDown()
    }

    @Test("files that are left of lost state make its loss critical, and are named")
    func leftovers() throws {
        #expect(
            ["clients.key", "clients.db.damaged-2026-11-28", "clients.db", "x"]
                .filter(StateLeftovers.tells) == ["clients.key", "clients.db.damaged-2026-11-28"])
        let (keeper, _) = try start(FakeStore(), leftovers: ["clients.key"])
        #expect(sink.contains(.critical, "there was state, as clients.key shows"))
        #expect(keeper.problems.first?.contains("clients.key") == true)
        try tearDown()
    }

    @Test("whoever is revoked in files that are found meanwhile is revoked from then on, and named")
    func foreignFiles() throws {
        let store = FakeStore()
        let (keeper, registry) = try start(store, isChecking: false)
        let key = ClientKey(keyID: nil, fingerprint: nil)
        store.foreign.lines = [Restoration.Line(level: .critical, text: "replaced")]
        store.foreign.revocations = [
            Revocation(ClientName("a"), key, .disabled, when: Saved.time, by: "uid 0 over D-Bus"),
            Revocation(ClientName("gone"), key, .removed, when: Saved.time, by: "uid 0 over D-Bus"),
        ]
        registry.change(.host("other"), of: ClientName("b"))
        for _ in 0..<3 where registry.record(of: ClientName("a"))?.isEnabled == true {
            loop.later {}
            try loop.turn()
        }
        #expect(registry.record(of: ClientName("a"))?.isEnabled == false)
        #expect(registry.record(of: ClientName("b"))?.isEnabled == true)
        for text in ["replaced", "client a: revoked, by files", "client gone: revoked, by files"] {
            #expect(sink.contains(.critical, text))
        }
        #expect(keeper.problems == ["replaced"])
        #expect(registry.revocations[ClientName("a"), key]?.by == "uid 0 over D-Bus")
        loop.later {}
        try loop.turn()
        #expect(store.saved?.revocations.map { $0.name.text }.sorted() == ["a", "gone"])
        try tearDown()
    }

    @Test("what is changed in one turn is saved in one piece, and then everybody is answered")
    func oneTransaction() throws {
        let store = FakeStore()
        let (keeper, registry) = try start(store)
        var answers: [SaveOutcome] = []
        loop.later { [self] in
            registry.disable(ClientName("a"), reason: "by request")
            registry.whenDurable { answers.append($0) }
            registry.change(.host("other"), of: ClientName("b"))
            registry.whenDurable { answers.append($0) }
            registry.remove(ClientName("c"))
            registry.whenDurable { answers.append($0) }
            #expect(answers == [])
            #expect(store.writes.count == 1)
            _ = self
        }
        for _ in 0..<3 where answers.isEmpty { try loop.turn() }
        #expect(answers == [.saved, .saved, .saved])
        #expect(store.writes.dropFirst().map(names) == [["a", "b", "c"]])
        #expect(store.saved?.clients[ClientName("a")]?.current?.isEnabled == false)
        #expect(store.saved?.clients[ClientName("b")]?.current?.changed.host == "other")
        #expect(store.saved?.clients[ClientName("c")]?.configured != nil)
        #expect(store.saved?.clients[ClientName("c")]?.current == nil)
        #expect(keeper.problem == nil)
        try tearDown()
    }

    @Test("where nothing waits to be saved, the answer comes at once")
    func nothingToDo() throws {
        let (_, registry) = try start(FakeStore())
        var answer: SaveOutcome?
        registry.disable(ClientName("nobody"), reason: "by request")
        registry.whenDurable { answer = $0 }
        #expect(answer == .saved)
        try tearDown()
    }

    @Test("every change of a setting is saved")
    func settings() throws {
        let store = FakeStore()
        let (_, registry) = try start(store)
        let settings: [ClientSetting] = [
            .approvalDelay(.seconds(1)), .approvalDuration(.seconds(2)),
            .isApprovedByDefault(false),
            .checker("exit 1"), .extendedTimeout(.seconds(3)), .host("h"), .interval(.seconds(400)),
            .timeout(.seconds(5000)),
        ]
        for setting in settings { registry.change(setting, of: ClientName("a")) }
        var isSaved = false
        registry.whenDurable { isSaved = $0 == .saved }
        for _ in 0..<3 where !isSaved { try loop.turn() }
        var expected = ClientValues()
        expected.approvalDelay = .seconds(1)
        expected.approvalDuration = .seconds(2)
        expected.isApprovedByDefault = false
        expected.checker = "exit 1"
        expected.extendedTimeout = .seconds(3)
        expected.host = "h"
        expected.interval = .seconds(400)
        expected.timeout = .seconds(5000)
        #expect(store.saved?.clients[ClientName("a")]?.current?.changed == expected)
        try tearDown()
    }

    @Test("a secret is saved sealed, and as nothing once it is that of clients.conf again")
    func secret() throws {
        let store = FakeStore()
        let (keeper, registry) = try start(store)
        let name = ClientName("a")
        func change(_ secret: String) throws -> SealedBytes? {
            registry.change(.secret(SharedSecret(sensitive(secret))), of: name)
            try loop.turn()
            return store.saved?.clients[name]?.current?.secret
        }
        let sealed = try #require(try change("another"))
        registry.change(.host("x"), of: name)
        try loop.turn()
        #expect(store.saved?.clients[name]?.current?.secret == sealed)
        keeper.stop()
        registry.stop(within: .zero)
        let (_, second) = try start(store)
        #expect(
            second.record(of: name).map { bytes(of: $0.settings.secret) } == Array("another".utf8))
        second.change(.secret(SharedSecret(sensitive("of clients.conf"))), of: name)
        try loop.turn()
        #expect(store.saved?.clients[name]?.current?.secret == nil)
        try tearDown()
    }

    @Test("a secret that could not be kept is not saved, and whoever gave it hears that")
    func emptyConfiguredSecret() throws {
        let store = FakeStore()
        let (_, registry) = try start(store, [Saved.settings("a", secret: "")])
        registry.change(.secret(SharedSecret(sensitive("new"))), of: ClientName("a"))
        var answer: SaveOutcome?
        registry.whenDurable { answer = $0 }
        for _ in 0..<3 where answer == nil { try loop.turn() }
        #expect(
            answer?.complaint
                == "applied, not saved: the secret of client a: that of clients.conf, by which it "
                + "would be encrypted, is empty")
        #expect(store.saved?.clients[ClientName("a")]?.current?.secret == nil)
        try tearDown()
    }

    @Test("what cannot be saved is in force, told as not saved, and an error once until it is")
    func failure() throws {
        let store = FakeStore()
        let (keeper, registry) = try start(store)
        store.failure = "No space left on device"
        var answers: [String?] = []
        registry.disable(ClientName("a"), reason: "by request")
        registry.whenDurable { answers.append($0.complaint) }
        for _ in 0..<3 where answers.isEmpty { try loop.turn() }
        #expect(answers == ["applied, not saved: No space left on device"])
        #expect(registry.record(of: ClientName("a"))?.isEnabled == false)
        #expect(keeper.problem == "No space left on device")
        registry.disable(ClientName("a"), reason: "by request")  // it is already, but not on disk
        registry.whenDurable { answers.append($0.complaint) }
        for _ in 0..<3 where answers.count == 1 { try loop.turn() }
        #expect(answers.count == 2 && answers[1] != nil)
        try run(for: .seconds(200))
        #expect(sink.lines.count { $0.contains("ERROR") || $0.contains("state is not saved") } == 1)
        #expect(sink.contains(.error, "trying again; run “chown”"))
        // After 1, 2, 4, 8, 16, 32, 60, 60 seconds and so on.
        #expect((8...14).contains(store.attempts))
        store.failure = nil
        try run(for: .seconds(61))
        #expect(keeper.problem == nil)
        #expect(store.saved?.clients[ClientName("a")]?.current?.isEnabled == false)
        #expect(sink.contains(.warning, "state is being saved again"))
        try tearDown()
    }

    @Test("how clients are doing is saved at each interval, and nothing in between")
    func liveness() throws {
        let store = FakeStore()
        let clients = Self.names.map { Saved.settings($0, timeout: .seconds(10_000)) }
        let (_, registry) = try start(store, clients, isChecking: false)
        for name in Self.names { registry.noteCheckedOK(ClientName(name)) }
        try run(for: .seconds(100))  // that the status is another one is saved soon
        let before = store.writes.count
        for name in Self.names { registry.noteCheckedOK(ClientName(name)) }
        try run(for: .seconds(790))
        #expect(store.writes.count == before)
        try run(for: .seconds(20))
        #expect(store.writes.count == before + 1)
        #expect(store.writes.last?.clients.isEmpty == true)
        #expect(store.writes.last?.liveness.count == 3)
        try tearDown()
    }

    @Test("that a check has another result than the last is saved soon")
    func statusChange() throws {
        let store = FakeStore()
        let (_, registry) = try start(store, isChecking: false)
        registry.noteCheckedOK(ClientName("a"))
        try run(for: .seconds(9))
        #expect(store.saved?.clients[ClientName("a")]?.current?.liveness.lastCheckerStatus == -2)
        try run(for: .seconds(2))
        #expect(store.saved?.clients[ClientName("a")]?.current?.liveness.lastCheckerStatus == 0)
        try tearDown()
    }

    @Test("a client that expires is saved at once")
    func expiry() throws {
        let store = FakeStore()
        var failing = Saved.settings("a")
        failing.checker = "exit 1"
        _ = try start(store, [failing])
        try run(for: .seconds(301))
        #expect(store.saved?.clients[ClientName("a")]?.current?.isEnabled == false)
        try tearDown()
    }

    @Test("everything is saved at the end, and the store is closed")
    func end() throws {
        let store = FakeStore()
        let (keeper, registry) = try start(store, isChecking: false)
        registry.noteCheckedOK(ClientName("a"))
        let expected = registry.record(of: ClientName("a"))?.lastCheckedOK
        #expect(store.saved?.clients[ClientName("a")]?.current?.liveness.lastCheckedOK != expected)
        keeper.stop()
        #expect(store.saved?.clients[ClientName("a")]?.current?.liveness.lastCheckedOK == expected)
        #expect(store.isClosed)
        try tearDown()
    }

    @Test("clients that are left out of clients.conf for a mistake keep what was saved of them")
    func rejected() throws {
        let mistaken = Saved.client(Saved.settings("mistaken"), nil)
        let store = FakeStore(Saved.state(mistaken, Saved.client(Saved.settings("gone"))))
        let (keeper, _) = try start(store, rejected: ["mistaken"])
        #expect(store.saved?.clients[mistaken.name] == mistaken)
        #expect(store.saved?.clients[ClientName("gone")]?.absent != nil)
        #expect(keeper.everything().clients.contains(mistaken))
        try tearDown()
    }

    @Test("beside later state of a server in Python, nothing begins but what ignores both")
    func laterPickle() throws {
        let key = Self.key("A")
        var state = Saved.state(Saved.client(Saved.section("gone", key)))
        state.revocations = [
            Revocation(ClientName("gone"), key, .disabled, when: Saved.time, by: "uid 0")
        ]
        state.laterPickle = "/clients.pickle"
        let store = FakeStore(state)
        #expect(throws: StateError.notImported("/clients.pickle")) { try start(store) }
        #expect(store.attempts == 0)
        let (_, registry) = try start(store, isIgnoring: true)
        #expect(sink.contains(.warning, "unknown who was disabled or removed: /clients.pickle"))
        #expect(!registry.revocations.applying(to: ClientName("gone"), key).isEmpty)
        try tearDown()
    }

    @Test("nothing is written before the clients begin")
    func failedStart() throws {
        let store = FakeStore(Saved.state(Saved.client(Saved.settings("gone"))))
        let keeper = StateKeeper(store, on: loop, log: log, interval: .seconds(900))
        _ = try keeper.restore(clients, rejected: [], isIgnoring: true)
        #expect(store.attempts == 0)
    }

    @Test("a client that is added while the server runs is saved, and can be removed again")
    func added() throws {
        let store = FakeStore()
        let (_, registry) = try start(store)
        try registry.add(Saved.settings("d"))
        try loop.turn()
        #expect(store.saved?.clients[ClientName("d")]?.current?.isEnabled == true)
        registry.remove(ClientName("d"))
        try loop.turn()
        #expect(store.saved?.clients[ClientName("d")] == nil)
        #expect(store.saved?.revocations.map { $0.reason } == [.removed])
        try tearDown()
    }

    private static func key(_ digit: Character) -> ClientKey {
        ClientKey(keyID: KeyID(hex: String(repeating: digit, count: 64)), fingerprint: nil)
    }

    /// Of a section “foo”, for which an approval was withheld while the server ran.
    private func stateOfFoo(absent: Duration?) -> SavedState {
        var foo = Saved.client(
            Saved.section("foo", Self.key("A")),
            Saved.current { $0.changed.isApprovedByDefault = false })
        foo.configuredKey = Self.key("A")
        foo.absent = absent
        return Saved.state(foo)
    }

    @Test(
        "a section that is away or mistaken is as it was when a client with its name was removed",
        arguments: [["foo"], []])
    func nameTaken(_ rejected: [String]) throws {
        let store = FakeStore(stateOfFoo(absent: rejected.isEmpty ? .zero : nil))
        let before = store.saved?.clients[ClientName("foo")]
        let (keeper, registry) = try start(store, rejected: rejected)
        try registry.add(Saved.section("foo", Self.key("B")))
        try loop.turn()
        #expect(store.saved?.clients[ClientName("foo")]?.current?.addedKey == Self.key("B"))
        registry.remove(ClientName("foo"))
        try loop.turn()
        #expect(store.saved?.clients[ClientName("foo")]?.current == before?.current)
        #expect((store.saved?.clients[ClientName("foo")]?.absent == nil) == !rejected.isEmpty)
        keeper.stop()
        registry.stop(within: .zero)
        let (_, second) = try start(store, [Saved.section("foo", Self.key("A"))])
        #expect(second.record(of: ClientName("foo"))?.isEnabled == true)
        #expect(second.record(of: ClientName("foo"))?.settings.isApprovedByDefault == false)
        #expect(store.saved?.revocations.map { $0.key } == [Self.key("B")])
        try tearDown()
    }

    @Test("an approval that was withheld is so after a client had the name, also over restarts")
    func nameTakenOverRestarts() throws {
        for isRemoved in [true, false] {
            let store = FakeStore(stateOfFoo(absent: nil))
            var (keeper, registry) = try start(store)
            try registry.add(Saved.section("foo", Self.key("B")))
            try loop.turn()
            for _ in 0..<2 {
                keeper.stop()
                registry.stop(within: .zero)
                (keeper, registry) = try start(store)
                #expect(registry.record(of: ClientName("foo"))?.isAdded == true)
            }
            if isRemoved { registry.remove(ClientName("foo")) }
            try loop.turn()
            keeper.stop()
            registry.stop(within: .zero)
            (keeper, registry) = try start(store, [Saved.section("foo", Self.key("A"))])
            #expect(registry.record(of: ClientName("foo"))?.isEnabled == true)
            #expect(registry.record(of: ClientName("foo"))?.settings.isApprovedByDefault == false)
            #expect(!registry.revocations.applying(to: ClientName("foo"), Self.key("B")).isEmpty)
            try tearDown()
        }
    }

    @Test("after damage, what is lost is disabled, also at the next start")
    func damage() throws {
        var damaged = Saved.state(Saved.client(Saved.settings("b")))
        damaged.damage = "a bit is wrong"
        let store = FakeStore(damaged)
        let (keeper, registry) = try start(store)
        #expect(registry.record(of: ClientName("a"))?.isEnabled == false)
        #expect(registry.record(of: ClientName("b"))?.isEnabled == true)
        #expect(store.writes.map(names) == [["a", "b", "c"]])
        keeper.stop()
        registry.stop(within: .zero)
        store.saved?.damage = nil
        let (_, second) = try start(store)
        #expect(second.record(of: ClientName("a"))?.isEnabled == false)
        #expect(second.record(of: ClientName("b"))?.isEnabled == true)
        try tearDown()
    }
}
