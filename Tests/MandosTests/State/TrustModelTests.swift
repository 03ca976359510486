import Foundation
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// Random lives of a server: its clients, clients.conf, restarts and crashes, against `TrustModel`.
@Suite("The rule of revocation") struct TrustModelTests {
    /// `make check-long` wants ten thousand.
    private static let sequences =
        ProcessInfo.processInfo.environment["TRUST_SEQUENCES"].flatMap { Int($0) } ?? 300

    @Test("holds over random sequences of changes, edits, restarts and crashes")
    func sequences() throws {
        let first = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        let base = first ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("trust model: \(Self.sequences) sequences from TEST_SEED=\(base)")
        for number in 0..<Self.sequences {
            let seed = base &+ UInt64(number)
            let world = try TrustWorld(seed: seed)
            for _ in 0..<24 {
                try world.step()
                let problem = world.problem()
                try #require(
                    problem == nil,
                    "TEST_SEED=\(seed): \(problem ?? ""): \(world.trace.joined(separator: "; "))")
            }
            try world.end()
        }
    }
}

/// A server with a store, and what should be true of it.
final class TrustWorld {
    private static let names = ["a", "b", "c", "d"]
    private static let keyCount = 5

    private let kernel: SimulatedKernel
    private let loop: EventLoop
    private let sink = RecordingSink()
    private var random: SeededGenerator
    private var store = FakeStore()
    private var keeper: StateKeeper
    private var registry: ClientRegistry
    private var conf: [String: TrustModel.Section] = ["a": .init(key: 0, isOn: true)]
    private var model = TrustModel()
    /// A copy of the database, as of a backup.
    private var older: (saved: SavedState, model: TrustModel)?
    private(set) var trace: [String] = []

    init(seed: UInt64) throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
        random = SeededGenerator(seed: seed)
        keeper = StateKeeper(
            store, on: loop, log: Log(threshold: .error, sinks: [sink]), interval: .seconds(900))
        registry = ClientRegistry(
            [ClientSettings](), on: loop, log: Log(threshold: .error, sinks: []))
        try start(conf)
    }

    private func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    private func chance(_ percent: Int) -> Bool { below(100) < percent }
    private func name() -> String { Self.names[below(Self.names.count)] }

    private static func keyID(_ key: Int) -> String {
        String(repeating: String(key + 1, radix: 16), count: 64)
    }

    private static func text(_ conf: [String: TrustModel.Section]) -> String {
        conf.sorted { $0.key < $1.key }.map { name, section in
            "[\(name)]\nkey_id = \(keyID(section.key))\nsecret = c2Vj\n"
                + "enabled = \(section.isOn)\n"
                + (section.isPrinted ? "fingerprint = F\(section.key)\n" : "")
        }.joined()
    }

    private static func file(_ conf: [String: TrustModel.Section]) throws -> ClientsFile {
        try ClientsFile(
            SensitiveBytes(copying: Array(Self.text(conf).utf8)), name: "clients.conf",
            files: FakeFiles([:]), lookup: LinuxPathLookup())
    }

    private func start(
        _ conf: [String: TrustModel.Section], _ kind: TrustModel.Start = .plain
    ) throws {
        let file = try Self.file(conf)
        store.saved?.isDoubtful = kind == .doubtful
        let log = Log(threshold: .warning, sinks: [sink])
        let linesBefore = sink.lines.count
        keeper = StateKeeper(store, on: loop, log: log, interval: .seconds(900))
        let records = try keeper.restore(
            file.clients, rejected: file.rejected, sharedKeys: file.sharedKeys,
            isIgnoring: kind == .ignoring)
        var policy = CheckerPolicy()
        policy.delay = { _ in .seconds(100_000_000) }
        registry = ClientRegistry(records, on: loop, log: log, checkers: policy)
        registry.sharedKeys = file.sharedKeys
        registry.start()
        keeper.follow(registry)
        store.saved?.isDoubtful = false
        let revoked = (0..<Self.keyCount).filter { model.isRevoked($0) }
        model.start(conf, kind)
        let told = sink.lines.dropFirst(linesBefore).count { $0.contains("which ends") }
        if told < revoked.count(where: { !model.isRevoked($0) }) { trace.append("UNTOLD") }
        acceptExpiry()
    }

    /// Those whose time was over: the model knows no time.
    private func acceptExpiry() {
        for (name, client) in model.now where client.isOn {
            let isOn = registry.record(of: ClientName(name))?.isEnabled
            let key = ClientKey(keyID: KeyID(hex: Self.keyID(client.key)), fingerprint: nil)
            if isOn == false, registry.revocations.own(ClientName(name), key)?.reason == .expired {
                model.disable(name)
            }
        }
    }

    /// - Parameter isOrderly: or a crash, which loses what is not saved.
    private func stop(isOrderly: Bool) {
        let saved = store.saved
        let key = store.stateKey
        registry.stop(within: .zero)
        keeper.stop()
        guard !isOrderly else { return }
        store = FakeStore(saved)
        store.stateKey = key
    }

    /// The loop would be kept by anything that is put off and never done.
    func end() throws {
        stop(isOrderly: true)
        loop.later {}
        try loop.turn()
    }

    func step() throws {
        switch below(18) {
        case 0, 1: edit()
        case 2, 3: try restart(isOrderly: chance(50), conf)
        case 4:
            trace.append("another file")
            try restart(isOrderly: true, otherFile())
            try restart(isOrderly: chance(50), conf)
        case 5: try importState()
        case 17: try meetForeignFiles()
        case 6:
            trace.append("clock")
            kernel.stepWallClock(by: .seconds(Int64(below(20 * 86_400)) - 10 * 86_400))
        case 7:
            trace.append("not restored")
            try restart(isOrderly: true, conf, .ignoring)
        case 8: try putBack()
        default: try change()
        }
    }

    private func otherFile() -> [String: TrustModel.Section] {
        var file: [String: TrustModel.Section] = [:]
        for _ in 0...below(2) {
            file[name()] = .init(
                key: below(Self.keyCount), isOn: chance(80), isPrinted: chance(50))
        }
        return file
    }

    /// Makes a copy of the database, or puts it back beside the revocations of now.
    private func putBack() throws {
        stop(isOrderly: true)
        guard let copy = older, let now = store.saved else {
            trace.append("copy")
            older = store.saved.map { ($0, model) }
            return try start(conf)
        }
        trace.append("put back with \(Self.describe(conf))")
        store.saved = copy.saved
        let known = Set(copy.saved.revocations.map { $0.identity })
        store.saved?.revocations += now.revocations.filter { !known.contains($0.identity) }
        model.putBack(copy.model)
        older = nil
        try start(conf, .doubtful)
    }

    private func restart(
        isOrderly: Bool, _ conf: [String: TrustModel.Section], _ kind: TrustModel.Start = .plain
    ) throws {
        trace.append("\(isOrderly ? "restart" : "crash") with \(Self.describe(conf))")
        stop(isOrderly: isOrderly)
        try start(conf, kind)
    }

    private static func describe(_ conf: [String: TrustModel.Section]) -> String {
        conf.sorted { $0.key < $1.key }.map {
            "\($0.key)\($0.value.key)\($0.value.isOn ? "+" : "-")"
        }
        .joined(separator: " ")
    }

    private func edit() {
        let (name, other) = (name(), name())
        switch below(6) {
        case 0: conf[name] = .init(key: below(Self.keyCount), isOn: chance(80))
        case 4: conf[name]?.isPrinted.toggle()
        case 1: conf[name]?.isOn.toggle()
        case 2:
            if conf[other] == nil, let section = conf.removeValue(forKey: name) {
                conf[other] = section
            }
        case 3: if conf.count > 1 { conf[name] = nil }
        default: conf[name]?.key = below(Self.keyCount)
        }
    }

    /// Takes over another state, between two runs.
    private func importState() throws {
        stop(isOrderly: true)
        var pickled = SavedState()
        let file = try Self.file(conf)
        for name in Self.names where chance(40) {
            let section = TrustModel.Section(
                key: chance(50) ? conf[name]?.key ?? below(Self.keyCount) : below(Self.keyCount),
                isOn: chance(70))
            let isOn = [true, false, nil][below(3)]
            let name = ClientName(name)
            pickled.clients[name] = try Self.pickled(name, section, isOn)
            let served = file.clients.contains { $0.name == name } ? conf[name.text] : nil
            model.take(name.text, section, isOn: isOn, served)
            trace.append(
                "import \(Self.describe([name.text: section])) \(isOn.map { "\($0)" } ?? "removed")"
            )
        }
        let saved = store.saved ?? SavedState()
        let merged = StateMerge(
            pickled, over: saved, sections: file.clients, now: kernel.wallTime()
        ).state
        store.saved = merged
        try restart(isOrderly: true, conf)
    }

    private static func pickled(
        _ name: ClientName, _ section: TrustModel.Section, _ isOn: Bool?
    ) throws -> SavedClient {
        let settings = try file([name.text: section]).clients[0]
        var values = ClientValues(settings)
        values.isEnabled = nil
        return SavedClient(
            name: name, configured: ClientValues(settings), configuredKey: ClientKey(settings),
            current: isOn.map {
                SavedClient.Current(
                    isEnabled: $0, changed: values, created: Saved.time, lastEnabled: nil,
                    secret: nil, liveness: Liveness())
            })
    }

    /// Another server, or an older copy, has put files in place that revoke somebody.
    private func meetForeignFiles() throws {
        let (name, key) = (name(), below(Self.keyCount))
        trace.append("found \(name)\(key) revoked")
        store.foreign.lines = [Restoration.Line(level: .critical, text: "found")]
        store.foreign.revocations = [
            Revocation(
                ClientName(name), ClientKey(keyID: KeyID(hex: Self.keyID(key)), fingerprint: nil),
                .disabled, when: kernel.wallTime(), by: "another")
        ]
        model.adopt(name, key)
        keeper.schedule()
        for _ in 0..<2 {
            loop.later {}
            try loop.turn()
        }
    }

    private func change() throws {
        let name = ClientName(name())
        let settings = registry.record(of: name)?.settings
        try registry.acting({ "uid 0 over D-Bus" }) { () throws in
            switch below(7) {
            case 0, 1:
                trace.append("enable \(name.text)")
                registry.enable(name)
                model.enable(name.text)
            case 2, 3:
                trace.append("disable \(name.text)")
                registry.disable(name, reason: "by request")
                model.disable(name.text)
            case 4:
                trace.append("remove \(name.text)")
                registry.remove(name)
                model.remove(name.text)
            case 5:
                guard settings != nil else { return }
                registry.change(.host("host\(below(3))"), of: name)
                registry.decide(.approved, name)
            default: try add(name)
            }
        }
        let soon = loop.timer(after: .zero) {}
        try loop.turn()
        _ = consume soon
    }

    private func add(_ name: ClientName) throws {
        let (key, isOn) = (below(Self.keyCount), chance(80))
        let text = Self.text([name.text: .init(key: key, isOn: isOn)])
        let file = try ClientsFile(
            SensitiveBytes(copying: Array(text.utf8)), name: "AddClient", files: FakeFiles([:]),
            lookup: LinuxPathLookup())
        let isAdded = (try? registry.add(file.clients[0])) != nil
        trace.append("add \(name.text)\(key)\(isOn ? "+" : "-")")
        if isAdded != model.canAdd(name.text, key) { trace.append("UNEXPECTED \(isAdded)") }
        if isAdded { model.add(name.text, key, isOn: isOn) }
    }

    /// nil if the server does what the model says.
    func problem() -> String? {
        if let last = trace.last(where: { $0.hasPrefix("UN") }) { return last }
        for key in 0..<Self.keyCount {
            let keyID = KeyID(hex: Self.keyID(key))!
            let name = registry.client(with: keyID)
            let isServed = name.flatMap { registry.record(of: $0)?.isEnabled } ?? false
            let expected = model.now.values.contains { $0.key == key && $0.isOn }
            if isServed != expected { return "key \(key) is \(isServed ? "" : "not ")served" }
            let applying = registry.revocations.applying(
                to: ClientName("?"), ClientKey(keyID: keyID, fingerprint: nil))
            if applying.isEmpty == model.isRevoked(key) {
                return "key \(key) is \(applying.isEmpty ? "not " : "")revoked"
            }
        }
        return nil
    }
}
