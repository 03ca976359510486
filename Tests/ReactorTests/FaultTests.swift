import CShims.Linux
import ReactorSimulation
import Testing

@testable import Reactor

private final class Parts {
    var clock: WallClockWatch?
    var signals: Signals?
    var listener: Watch?
    var near: Watch?
    var far: Watch?
    var child: ChildProcess?
    var timer: Timer?
    var addresses: NetworkAddresses?
    var received: [UInt8] = []
    var ended = false

    func letGo() {
        clock = nil
        signals = nil
        listener = nil
        near = nil
        far = nil
        timer = nil
        addresses = nil
        child = nil
    }
}

/// One of everything: a signal, a connection with a few bytes, the addresses of this machine, a
/// deadline and a child.
private func useEverything(
    on kernel: SimulatedKernel, _ loop: EventLoop, _ parts: Parts
) throws(SystemError) {
    var pending: Descriptor?
    parts.clock = try WallClockWatch(on: loop) { parts.received.append(0xfe) }
    parts.signals = try Signals([SIGUSR1], on: loop) { _ in parts.received.append(0xff) }
    let socket = try kernel.openSocket(.ipv6)
    try kernel.setOption(.reuseAddress, on: socket)
    try kernel.bind(socket, to: .loopback(.ipv6, port: 0))
    try kernel.listen(socket)
    let address = try kernel.localAddress(of: socket)
    parts.listener = try loop.watch(socket, for: .input) { _ in
        guard var accepted = try? parts.listener?.accept() ?? nil else { return }
        parts.near = try? loop.watch(accepted.takeDescriptor(), for: .input) { _ in
            var bytes = [UInt8](repeating: 0, count: 16)
            let transfer = bytes.withUnsafeMutableBytes { parts.near!.read(into: $0) }
            switch transfer {
            case .bytes(let count): parts.received += bytes[..<count]
            case .wouldBlock: break
            case .endOfStream, .failed: parts.near = nil
            }
        }
    }
    pending = try kernel.openSocket(.ipv6)
    try kernel.connect(pending!, to: address)
    parts.far = try loop.watch(pending.take()!, for: .output) { _ in
        _ = [1, 2, 3].withUnsafeBytes { parts.far?.write(from: $0) }
        parts.far = nil
    }
    parts.addresses = try NetworkAddresses(
        .ipv4, on: loop, changed: { _ in }, failed: { _ in parts.addresses = nil })
    func arm() {
        parts.timer = loop.timer(after: .seconds(600)) {
            raise(SIGUSR1)
            kernel.stepWallClock(by: .seconds(-3600))
            arm()
        }
    }
    arm()
    parts.child = try ChildProcess("echo word; exit 0", on: loop, output: { _ in }) { _ in
        parts.ended = true
        parts.child = nil
    }
    kernel.patience = .milliseconds(20)
    for _ in 0..<12 { try loop.turn() }
}

@Suite("Faults") struct FaultTests {
    @Test("any one system call may fail, and nothing stays open or running")
    func anyFault() async {
        await #expect(processExitsWith: .success) {  // alone: other tests open descriptors too
            for n in 1...1000 {
                var reached = false
                let leaks = try leavesDescriptorsOpen {
                    let kernel = try SimulatedKernel(failingCall: n)
                    let loop = EventLoop(kernel: kernel)
                    let parts = Parts()
                    try? useEverything(on: kernel, loop, parts)
                    reached = kernel.faultWasReached
                    parts.letGo()
                    // A child that was let go is only gone once the loop has reaped it.
                    for _ in 0..<100 where loop.registrationCount > 0 { try loop.turn() }
                    try #require(loop.registrationCount == 0, "kept when call \(n) failed")
                }
                try #require(!leaks, "left open when call \(n) failed")
                if !reached {
                    try #require(n > 20, "the scenario made too few calls to prove anything")
                    return
                }
            }
            Issue.record("the scenario never ends")
        }
    }

    @Test("a kernel that gets no descriptors fails to open, and leaves none behind")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            for allowed in 0..<2 {
                let leaks = try leavesDescriptorsOpen {
                    for attempt in 1...50 {
                        if withDescriptors(allowed, { (try? LinuxKernel()) == nil }) { break }
                        try #require(attempt < 50)
                    }
                }
                try #require(!leaks)
            }
        }
    }

    @Test("a child for which no pidfd can be had is killed and reaped")
    func noPidfd() async {
        await #expect(processExitsWith: .success) {
            let kernel = try LinuxKernel()
            // The test runner has threads: one of them may give back a descriptor just then.
            for attempt in 1...50 {
                let call = withDescriptors(2) { () -> String in
                    do throws(SystemError) {
                        let process = try kernel.spawn(shell: "sleep 60")
                        kernel.killAndReap(group: process.group)
                        return "nothing"
                    } catch {
                        return error.call.description
                    }
                }
                if call == "pidfd_open" { break }
                try #require(attempt < 50, "failed: \(call)")
            }
            try #require(waitpid(-1, nil, WNOHANG) == -1 && cshim_errno() == ECHILD)
        }
    }
}

/// Calls `body` while only `count` more descriptors can be opened.
private func withDescriptors<Result>(_ count: Int, _ body: () -> Result) -> Result {
    var limit = rlimit(rlim_cur: 128, rlim_max: 1024)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var taken: [CInt] = []
    while true {
        let copy = dup(1)
        if copy < 0 { break }
        taken.append(copy)
    }
    for _ in 0..<count { close(taken.removeLast()) }
    defer { for copy in taken { close(copy) } }
    return body()
}

@Suite("Signals") struct SignalsTests {
    @Test("a signal arrives as an event, last in its turn, and never after the token was dropped")
    func signal() async {
        await #expect(processExitsWith: .success) {  // alone: blocked signals are per thread
            let loop = EventLoop(kernel: try SimulatedKernel())
            var events: [String] = []
            var signals: Signals? = try Signals([SIGUSR1, SIGUSR2], on: loop) {
                events.append($0 == SIGUSR1 ? "usr1" : "usr2")
            }
            loop.later {}
            raise(SIGUSR1)
            raise(SIGUSR2)
            let timer = loop.timer(at: loop.now) { events.append("deadline") }
            try loop.turn()
            try loop.turn()
            try #require(events == ["deadline", "usr1", "usr2"])
            raise(SIGUSR1)
            signals = nil
            loop.later {}
            try loop.turn()
            try #require(events.count == 3)
            _ = consume timer
            _ = consume signals
        }
    }
}
