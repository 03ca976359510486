import CShims.Linux
import Foundation
import ReactorSimulation
import Testing

@testable import Mandos
@testable import Reactor

/// A server's half, and a reader in a process of its own.
private final class Harness {
    let kernel: SimulatedKernel
    let loop: EventLoop
    let sink = RecordingSink()
    let directory: String
    var reader: ConfigurationReader?
    private var answer: ConfigurationReader.Answer?

    init() throws {
        kernel = try SimulatedKernel()
        kernel.patience = .seconds(20)
        loop = EventLoop(kernel: kernel)
        directory = NSTemporaryDirectory() + "/mandos-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        reader = try ConfigurationReader(
            directory: "conf", base: directory, on: loop,
            log: Log(threshold: .debug, sinks: [sink]))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func write(_ name: String, _ text: String) throws {
        let path = "\(directory)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o600)
    }

    func request() { reader?.request { self.answer = $0 } }

    func wait() throws -> ConfigurationReader.Answer {
        for _ in 0..<1_000_000 where answer == nil { try loop.turn() }
        defer { answer = nil }
        return try #require(answer)
    }

    func files() throws -> ConfigurationFiles {
        request()
        return try waitForFiles()
    }

    func waitForFiles() throws -> ConfigurationFiles {
        switch try wait() {
        case .files(let files): return files
        case .failure(let problem): throw Unexpected(answer: problem)
        }
    }

    func waitForFailure() throws -> String {
        guard case .failure(let problem) = try wait() else { throw Unexpected(answer: "files") }
        return problem
    }

    struct Unexpected: Error { let answer: String }

    func text(_ file: ConfigurationFile?) throws -> String {
        let bytes = try #require(file).take()
        return bytes.withSpan { $0.string }
    }

    /// The id of the reader, the only child of this process.
    func childID() throws -> pid_t {
        let children = try FileManager.default.contentsOfDirectory(atPath: "/proc")
            .compactMap { pid_t($0) }
            .filter { id in
                let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
                return status?.contains("\nPPid:\t\(getpid())\n") == true
            }
        try #require(children.count == 1)
        return children[0]
    }
}

@Suite("The configuration reader", .serialized) struct ConfigurationReaderTests {
    @Test("reads anew each time, from where the server was started")
    func again() async {
        await #expect(processExitsWith: .success) {
            let harness = try Harness()
            try harness.write("conf/clients.conf", "[a]\nsecfile = s\n")
            try harness.write("s", "one")
            let first = try harness.files()
            try #require(harness.text(first.clients) == "[a]\nsecfile = s\n")
            let secret = try first.read("s")
            try #require(secret.withSpan { $0.string } == "one")
            try harness.write("s", "two")
            try harness.write("conf/mandos.conf", "[DEFAULT]\n")
            try harness.write("conf/clients.d/x.conf", "[x]\n")
            let second = try harness.files()
            let changed = try second.read("s")
            try #require(changed.withSpan { $0.string } == "two")
            try #require(harness.text(second.settings) == "[DEFAULT]\n")
            try #require(second.moreClients.map(\.path) == ["conf/clients.d/x.conf"])
            try #require(harness.text(second.moreClients.first) == "[x]\n")
        }
    }

    @Test("gives a large file in many turns, in which other things are done")
    func large() async {
        await #expect(processExitsWith: .success) {
            let harness = try Harness()
            let text = "[a]\n# " + String(repeating: "x", count: 5_000_000) + "\n"
            try harness.write("conf/clients.conf", text)
            harness.request()
            var turns = 0
            func count() {
                turns += 1
                harness.loop.later { count() }
            }
            count()
            let files = try harness.waitForFiles()
            try #require(harness.text(files.clients) == text)
            try #require(turns > 10)
        }
    }

    @Test("that is killed fails the request under way, and those who wait for none are told")
    func killed() async {
        await #expect(processExitsWith: .success) {
            var harness = try Harness()
            let child = try harness.childID()
            kill(child, SIGSTOP)
            harness.request()
            kill(child, SIGKILL)
            let problem = try harness.waitForFailure()
            try #require(problem == "the configuration reader ended: signal 9")
            harness.request()
            let again = try harness.waitForFailure()
            try #require(again == "the configuration reader is gone")
            try #require(harness.loop.registrationCount == 0)

            harness = try Harness()
            kill(try harness.childID(), SIGKILL)
            for _ in 0..<10 where harness.loop.registrationCount > 0 { try harness.loop.turn() }
            try #require(harness.sink.contains(.error, "cannot be read again"))
        }
    }

    @Test("that does not answer is not waited for longer than half a minute")
    func silent() async {
        await #expect(processExitsWith: .success) {
            let harness = try Harness()
            let child = try harness.childID()
            kill(child, SIGSTOP)
            harness.kernel.patience = .zero
            let start = harness.kernel.now()
            harness.request()
            let problem = try harness.waitForFailure()
            try #require(problem == "the configuration reader does not answer")
            try #require(harness.kernel.now() - start == .seconds(30))
            kill(child, SIGCONT)
            harness.kernel.patience = .seconds(20)
            for _ in 0..<10 where harness.loop.registrationCount > 0 { try harness.loop.turn() }
            try #require(harness.loop.registrationCount == 0)
        }
    }

    @Test("that is stopped, also in the middle of an answer, ends and is reaped")
    func stopped() async {
        await #expect(processExitsWith: .success) {
            let harness = try Harness()
            try harness.write(
                "conf/clients.conf", "[a]\n# " + String(repeating: "x", count: 5_000_000) + "\n")
            harness.request()
            try harness.loop.turn()
            harness.reader = nil
            for _ in 0..<10 where harness.loop.registrationCount > 0 { try harness.loop.turn() }
            try #require(harness.loop.registrationCount == 0)
            try #require(waitpid(-1, nil, WNOHANG) == -1 && cshim_errno() == ECHILD)
            try #require(harness.sink.lines.isEmpty)
        }
    }

    @Test("may be let go by the one who gets its answer")
    func letGoInside() async {
        await #expect(processExitsWith: .success) {
            let harness = try Harness()
            try harness.write("conf/clients.conf", "")
            var isAnswered = false
            harness.reader?.request { _ in
                harness.reader = nil
                isAnswered = true
            }
            for _ in 0..<100 where harness.loop.registrationCount > 0 { try harness.loop.turn() }
            try #require(isAnswered && harness.loop.registrationCount == 0)
        }
    }
}
