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

    private func run(_ command: String) throws -> Reactor.ExitStatus? {
        let held = held
        held.child = try ChildProcess(Command(shellCommand: command), on: loop) {
            held.status = $0
        }
        for _ in 0..<10 where held.status == nil { try loop.turn() }
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

    /// Starts `command` with its output in a pipe of ours, whose end shows that nobody who could
    /// write to it is left.
    private func startWithOutput(_ command: String) throws {
        let held = held
        var pair = SocketPair()
        let far = pair.takeFar()
        held.watch = try loop.watch(pair.takeNear(), for: .input) { _ in
            var bytes = [UInt8](repeating: 0, count: 64)
            let transfer = bytes.withUnsafeMutableBytes { held.watch!.read(into: $0) }
            switch transfer {
            case .bytes(let count): held.received += bytes[..<count]
            case .wouldBlock: break
            case .endOfStream, .failed:
                held.inputEnded = true
                held.watch = nil
            }
        }
        held.child = try ChildProcess(
            Command(shellCommand: command, output: far.raw), on: loop
        ) { held.status = $0 }
    }

    @Test("letting go of a child ends its whole group, even one that ignores SIGTERM")
    func stubbornGroup() throws {
        try startWithOutput("trap '' TERM; (trap '' TERM; sleep 60) & echo ready; sleep 60")
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

    @Test("what a command leaves running when it ends is killed")
    func leftOver() throws {
        try startWithOutput("sleep 60 & exit 3")
        while held.status == nil || !held.inputEnded { try loop.turn() }
        #expect(held.status == .exited(3))
    }

    @Test("letting go of a child from its own report is allowed")
    func droppedInReport() throws {
        let held = held
        held.child = try ChildProcess(Command(shellCommand: "exit 0"), on: loop) {
            held.child = nil
            held.status = $0
        }
        while held.status == nil { try loop.turn() }
        #expect(loop.registrationCount == 0)
    }

    @Test("a child whose end cannot be asked for is reported, and forgotten")
    func unknownEnd() throws {
        let reap = try SimulatedKernel(failingCall: 4)
        reap.patience = .seconds(20)
        let loop = EventLoop(kernel: reap)
        let held = held
        held.child = try ChildProcess(Command(shellCommand: "exit 0"), on: loop) {
            held.status = $0
        }
        for _ in 0..<10 where held.status == nil { try loop.turn() }
        guard case .unknown = held.status else {
            Issue.record("reported \(held.status as Any) after \(reap.calls) calls")
            return
        }
        held.child = nil
        #expect(loop.registrationCount == 0)
    }
}
