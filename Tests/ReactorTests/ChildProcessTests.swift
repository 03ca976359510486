import CShims.Linux
import ReactorSimulation
import Testing

@testable import Reactor

/// Holds a child for a test, and what came of it.
private final class Held {
    var child: ChildProcess?
    var watch: Watch?
    var status: Reactor.ExitStatus?
    var received: [UInt8] = []
    var inputEnded = false
}

/// With the real kernel: what is tested is Linux and the shell as much as our code. Every process
/// here ends by itself within a minute, should a test fail.
@Suite("Child processes") struct ChildProcessTests {
    let kernel: SimulatedKernel
    let loop: EventLoop
    private let held = Held()

    init() throws {
        kernel = try SimulatedKernel()
        kernel.patience = .seconds(20)
        loop = EventLoop(kernel: kernel)
    }

    /// Starts `command`, and keeps what it writes.
    private func start(_ command: String, on loop: EventLoop? = nil) throws {
        let held = held
        held.child = try ChildProcess(
            command, on: loop ?? self.loop,
            output: { bytes in for index in bytes.indices { held.received.append(bytes[index]) } },
            ended: { held.status = $0 })
    }

    private func run(
        _ command: String, turnsMax: Int = 10
    ) throws -> Reactor.ExitStatus? {
        try start(command)
        for _ in 0..<turnsMax where held.status == nil { try loop.turn() }
        return held.status
    }

    @Test(
        "the exit status, or the signal, of a command is reported",
        arguments: [
            ("exit 0", Reactor.ExitStatus.exited(0)), ("exit 7", .exited(7)),
            ("kill -9 $$", .killed(9)),
            ("no-such-command-anywhere", .exited(127)),
        ])
    func status(command: String, expected: Reactor.ExitStatus) throws {
        #expect(try run(command) == expected)
        held.child = nil
        #expect(loop.registrationCount == 0)
    }

    @Test("a command starts in /, with nothing open, nothing blocked and nothing ignored")
    func surroundings() throws {
        let probe = """
            test "$PWD" = / || exit 5
            test "$(ls /proc/self/fd | tr '\\n' ' ')" = '0 1 2 3 ' || exit 1
            grep -q '^SigBlk:.0000000000000000' /proc/self/status || exit 2
            grep -Eq '^SigIgn:.0000000[01][08]0000000$' /proc/self/status || exit 3
            test "$(readlink /proc/self/fd/0)" = /dev/null || exit 4
            """
        let status = try run(probe)
        #expect(status == .exited(0))
    }

    /// A pipe of the test that whoever is started by a command has open, through /proc: its end
    /// shows that nobody of them is left.
    private func withLifeline(_ body: (String) throws -> Void) throws {
        let path = "/tmp/mandos-lifeline-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let raw = cshim_open(path, O_RDONLY | O_NONBLOCK, 0)
        try #require(raw >= 0)
        let held = held
        held.watch = try loop.watch(Descriptor(adopting: raw), for: .input) { _ in
            var bytes = [UInt8](repeating: 0, count: 64)
            let transfer = bytes.withUnsafeMutableBytes { held.watch!.read(into: $0) }
            if transfer == .endOfStream {
                held.inputEnded = true
                held.watch = nil
            }
        }
        try body("exec 9>\(path);")
    }

    @Test("letting go of a child ends its whole group, even one that ignores SIGTERM")
    func stubbornGroup() throws {
        try withLifeline { lifeline in
            try start(
                "\(lifeline) trap '' TERM; (trap '' TERM; sleep 60) & echo ready; sleep 60")
            while held.received.isEmpty && !held.inputEnded { try loop.turn() }
            #expect(held.received == Array("ready\n".utf8))
            kernel.patience = .milliseconds(1)
            let start = loop.now
            held.child = nil
            while loop.now < start + ChildProcess.gracePeriod { try loop.turn() }
            kernel.patience = .seconds(20)
            while !held.inputEnded { try loop.turn() }
            #expect(held.status == nil)
            while loop.registrationCount > 0 { try loop.turn() }
        }
    }

    @Test("what a command leaves running when it ends is killed")
    func leftOver() throws {
        try withLifeline { lifeline in
            try start("\(lifeline) sleep 60 & exit 3")
            while held.status == nil || !held.inputEnded { try loop.turn() }
            #expect(held.status == .exited(3))
        }
    }

    @Test("what a command writes on both of its outputs arrives, all of it before its end")
    func output() throws {
        let count = 300_000  // more than a pipe holds
        kernel.patience = .milliseconds(50)
        let status = try run("head -c \(count) /dev/zero; echo error >&2", turnsMax: 1000)
        #expect(status == .exited(0))
        #expect(held.received.count == count + 6)
        #expect(held.received.suffix(6) == Array("error\n".utf8)[...])
        #expect(loop.registrationCount == 0)
    }

    @Test("a command that writes without end is slowed down, and can be ended")
    func flood() throws {
        try withLifeline { lifeline in
            try start("\(lifeline) exec yes")
            kernel.patience = .milliseconds(1)
            let start = loop.now
            while held.received.count < 1 << 20 { try loop.turn() }
            // 10 ms after each 16 KiB that are there at once
            #expect(loop.now >= start + .milliseconds(100))
            held.child = nil
            while !held.inputEnded { try loop.turn() }
            while loop.registrationCount > 0 { try loop.turn() }
        }
    }

    @Test("a command may close its output and go on")
    func closedOutput() throws {
        #expect(try run("exec >&- 2>&-; sleep 0.01; exit 4") == .exited(4))
        #expect(loop.registrationCount == 0)
    }

    @Test("letting go of a child while it writes is allowed, from the very call that tells of it")
    func droppedInOutput() throws {
        let held = held
        held.child = try ChildProcess(
            "exec yes", on: loop, output: { _ in held.child = nil }, ended: { held.status = $0 })
        while loop.registrationCount > 0 { try loop.turn() }
        #expect(held.status == nil)
    }

    @Test("letting go of a child from its own report is allowed")
    func droppedInReport() throws {
        let held = held
        held.child = try ChildProcess("exit 0", on: loop, output: { _ in }) {
            held.child = nil
            held.status = $0
        }
        while held.status == nil { try loop.turn() }
        #expect(loop.registrationCount == 0)
    }

    @Test("a child whose end cannot be asked for is reported, and forgotten")
    func unknownEnd() throws {
        kernel.failNext("waitid")
        guard case .unknown = try run("exit 0") else {
            Issue.record("reported \(held.status as Any)")
            return
        }
        held.child = nil
        #expect(loop.registrationCount == 0)
    }
}
