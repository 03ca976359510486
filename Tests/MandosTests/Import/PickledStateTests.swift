import Foundation
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("State of a server in Python") struct PickledStateTests {
    private func read(_ bytes: [UInt8]) throws(PickleError) -> PickledState {
        try PickledState(SensitiveBytes(copying: bytes))
    }

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(PickleError) {
            _ = try read(bytes)
            return nil
        } catch {
            return error.text
        }
    }

    @Test(
        "of Python 3 is read", .enabled(if: Python.isInstalled, Python.whySkipped))
    func python3() throws {
        let pickled = try read(
            Pickles.python3(
                "({'web1': client(host='h\\xf6st'), 'no settings': client()}, "
                    + "{'web1': settings(), 'removed': settings(enabled=False, secret=b'\\0\\xff')})"
            ))
        let web1 = try #require(pickled.state.clients[ClientName("web1")])
        #expect(web1.configured?.host == "hôst")
        #expect(web1.configured?.isEnabled == true)
        #expect(web1.configured?.extendedTimeout == .seconds(86_400 + 900) + .milliseconds(1))
        let current = try #require(web1.current)
        #expect(current.isEnabled)
        #expect(current.changed.host == "höst")
        #expect(current.changed.timeout == .seconds(300))
        #expect(current.created.text == "2024-02-29 23:59:58.765432")
        #expect(current.lastEnabled?.text == "2025-01-01 00:00:00")
        #expect(current.liveness.lastCheckedOK?.text == "2025-01-01 00:02:03")
        #expect(current.liveness.lastCheckerStatus == -1)
        #expect(current.liveness.expires == nil)
        #expect(pickled.encryptedSecrets[ClientName("web1")] == Array(0...255))
        #expect(pickled.state.clients[ClientName("no settings")]?.configured == nil)
        let removed = try #require(pickled.state.clients[ClientName("removed")])
        #expect(removed.current == nil && removed.configured?.isEnabled == false)
        #expect(pickled.state.newest == nil)
    }

    @Test("of Python 2 is read")
    func python2() throws {
        let pickled = try read(Pickles.python2())
        let web1 = try #require(pickled.state.clients[ClientName("web1")])
        #expect(web1.configured?.host == "höst")
        #expect(web1.current?.changed.isApprovedByDefault == false)
        #expect(web1.current?.changed.interval == .seconds(9))
        #expect(web1.current?.created.text == "2013-01-02 03:04:05.000006")
        #expect(web1.current?.liveness.lastCheckerStatus == 7)
        #expect(pickled.encryptedSecrets[ClientName("web1")] == [1, 0xFF, 2])
    }

    @Test(
        "with many clients has references of four bytes",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func large() throws {
        let pickled = try read(
            Pickles.python3(
                "({'c%d' % n: client(host=str(n)) for n in range(2000)}, "
                    + "{'c%d' % n: settings() for n in range(2000)})"))
        #expect(pickled.state.clients.count == 2000)
        #expect(pickled.state.clients[ClientName("c1999")]?.current?.changed.host == "1999")
    }

    /// Expressions of Python.
    static let refused = [
        ("({}, {}, {})", "not the state of a Mandos server"), ("[{}, {}]", "not the state of a"),
        ("({'web1': 1}, {})", "not the state of a Mandos server"),
        ("({'web1': client(host=7)}, {})", "client web1: host: expected text"),
        ("({'web1': client(expires=7)}, {})", "client web1: expires: expected a time"),
        ("({'web1': client(enabled='x')}, {})", "client web1: enabled: expected true or false"),
        ("({'web1': client(enabled=None)}, {})", "client web1: enabled: expected a value"),
        (
            "({'web1': client(interval=datetime.timedelta(0))}, {})",
            "client web1: interval: expected a time longer than zero"
        ),
        (
            "({'web1': client(timeout=-datetime.timedelta(1))}, {})",
            "client web1: timeout: expected a span of time"
        ),
        ("({'web1': client(last_checker_status=256)}, {})", "client web1: last_checker_status"),
        ("({'web1': client(more=1.5)}, {})", "opcode 71"),
        ("({'web1': client(more=2**70)}, {})", "a number that is too large"),
        ("({'web1': client(more=print)}, {})", "a function that is not used in such a file"),
        ("({'web1': client(more=datetime.date(2020, 1, 1))}, {})", "a function that is not"),
        ("({'web1': client(more=datetime.timezone.utc)}, {})", "a function that is not used"),
        ("(lambda d: (d, d))({'web1': client()})", "a reference to nothing, or to a container"),
        ("(lambda l: (l.append(l), l)[1])([])", "a reference to nothing, or to a container"),
        ("eval('[' * 30 + ']' * 30)", "containers within containers"),
    ]

    @Test(
        "is not whatever else Python can write",
        .enabled(if: Python.isInstalled, Python.whySkipped),
        arguments: refused)
    func refusal(_ row: (expression: String, problem: String)) throws {
        let problem = problem(try Pickles.python3(row.expression))
        #expect(problem?.contains(row.problem) == true, "\(problem ?? "accepted")")
    }

    /// Each would run a command if somebody unpickled it.
    static let attacks = [
        "\u{2}cos\nsystem\nX\u{4}\u{0}\u{0}\u{0}true\u{85}R.",
        "\u{2}cposix\nsystem\nU\u{4}true\u{85}R.",
        "\u{2}c__builtin__\neval\nU\u{1}1\u{85}R.", "\u{2}(S'true'\nios\nsystem\n.",
    ]

    @Test("never names a function that could do something", arguments: attacks)
    func attack(_ text: String) {
        let bytes = [0x80] + text.unicodeScalars.map { UInt8($0.value) }
        #expect(problem(bytes)?.hasPrefix("byte ") == true)
    }

    @Test("that was cut or changed is read or refused, and nothing worse")
    func fuzz() throws {
        var random = SeededGenerator.fromEnvironment()
        let rounds = 10_000  // of each
        print("TEST_SEED=\(random.seed)")  // now, as there may be no later
        var originals = [Pickles.python2()]
        if Python.isInstalled {
            originals.append(
                try Pickles.python3("({'web1': client(), 'b': client()}, {'web1': settings()})"))
        }
        for original in originals {
            for count in 0..<original.count { #expect(problem(Array(original[..<count])) != nil) }
            for _ in 0..<rounds {
                var bytes = original
                for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
                _ = problem(bytes)
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] = .random(in: 0...255, using: &random)
        case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2: bytes.remove(at: index)
        case 3:
            bytes.insert(
                Array("().NKMJXUTcqrhjR}]eutas\u{85}".unicodeScalars.map { UInt8($0.value) })
                    .randomElement(using: &random)!, at: index)
        default:
            let end = min(bytes.count, index + Int.random(in: 1...60, using: &random))
            let target = Int.random(in: bytes.indices, using: &random)
            bytes.insert(contentsOf: bytes[index..<end], at: target)
        }
    }
}
