import CShims
import Mandos
import Reactor

/// Clients with their state on a loop of their own, and somebody who changes them.
final class Crasher {
    private let loop: EventLoop
    private let log = Log(threshold: .error, sinks: [ReportingSink()])
    private let keeper: StateKeeper
    private let registry: ClientRegistry
    private let names: [ClientName]
    private var random: Random
    private var confirmed = 0

    init(directory: String, clientsFile: String, seed: UInt64) throws {
        loop = EventLoop(kernel: try LinuxKernel())
        random = Random(state: seed)
        let files = LinuxSecretFileReader()
        let file = try ClientsFile(
            try files.read(clientsFile), name: clientsFile, files: files, lookup: LinuxPathLookup())
        names = file.clients.map { $0.name }
        keeper = StateKeeper(
            SQLiteStore(directory: directory), on: loop, log: log, interval: .seconds(900))
        let records = try keeper.restore(file.clients, rejected: [], isIgnoring: false)
        var policy = CheckerPolicy()
        policy.delay = { _ in .seconds(1_000_000) }
        registry = ClientRegistry(records, on: loop, log: log, checkers: policy)
        registry.start()
        keeper.follow(registry)
    }

    func run(count: Int) throws {
        for name in names { print("state \(name.text) \(description(of: name))") }
        print("begin")
        loop.later {}  // or it would sleep if there is nothing to save
        try loop.turn()
        var done = 0
        while done < count {
            // Some things happen in the same turn.
            for _ in 0...random.number(below: 3) {
                done += 1
                act(done)
            }
            registry.whenDurable { [self] in confirm(done, $0) }
            if confirmed < done { try loop.turn() }
        }
        keeper.stop()
        if keeper.problem == nil { print("end") }
    }

    private func confirm(_ number: Int, _ outcome: SaveOutcome) {
        confirmed = number
        print(outcome == .saved ? "saved \(number)" : "failed \(number)")
    }

    private func act(_ number: Int) {
        let name = names[random.number(below: names.count)]
        let value = random.number(below: 1000)
        func say(_ action: String) { print("do \(number) \(name.text) \(action)") }
        switch random.number(below: 12) {
        case 0, 1, 2:
            say("disable")
            registry.disable(name, reason: "by request")
        case 3, 4:
            say("enable")
            registry.enable(name)
        case 5:
            say("remove")
            registry.remove(name)
        case 6, 7:
            say("host \(value)")
            registry.change(.host("\(value)"), of: name)
        case 8:
            // Longer than that of clients.conf, and each like the other: one that is shortened to less
            // than has passed disables the client, and every crash takes half of what is left.
            let seconds = value + 10_000_000
            say("timeout \(seconds)")
            registry.change(.timeout(.seconds(seconds)), of: name)
        case 9:
            say("secret \(value)")
            let secret = SensitiveBytes(copying: Array("\(value)".utf8))
            registry.change(.secret(SharedSecret(secret)), of: name)
        default:
            say("check")
            registry.noteCheckedOK(name)
        }
    }

    private func description(of name: ClientName) -> String {
        guard let record = registry.record(of: name) else { return "removed" }
        let secret = record.settings.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        return "\(record.isEnabled ? "enabled" : "disabled") \(record.settings.host) "
            + "\(record.settings.timeout.components.seconds) \(secret)"
    }
}

/// The same each time for the same seed (SplitMix64).
struct Random {
    var state: UInt64

    mutating func number(below limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(limit))
    }
}

/// What the log would say is a part of the report.
final class ReportingSink: LogSink {
    func write(_ level: LogLevel, _ message: String) { print("log \(level.label) \(message)") }
}

/// At once, as there may be no later.
func print(_ line: String) { StandardStream.print(line + "\n") }
