import CShims.Linux
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// With Debian's dbus-daemon, in simulated time.
@Suite("Connection to the bus", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct BusTests {
    @Test("a bus that is there is connected to, and its users are told")
    func connecting() throws {
        let harness = try BusHarness.connected()
        #expect(harness.user.events == ["opened"])
        #expect(harness.bus.connection?.uniqueName?.hasPrefix(":1.") == true)
        #expect(!harness.sink.contains(.warning, ""))
        harness.tearDown()
    }

    @Test("a bus that is missing is a warning, once, and connected to when it is there")
    func missing() throws {
        let harness = try BusHarness(isStarted: false)
        harness.kernel.patience = .zero
        let start = harness.loop.now
        harness.bus.start()
        try harness.run { harness.loop.now > start + .seconds(60) }
        harness.kernel.patience = .milliseconds(200)
        #expect(harness.sink.lines.count { $0.hasPrefix("WARNING") } == 1)
        #expect(
            harness.sink.contains(.warning, "cannot connect to the D-Bus system bus, unix:path="))
        try harness.daemon.start()
        try harness.run { harness.bus.isOpen }
        #expect(harness.sink.contains(.info, "connected to the D-Bus system bus"))
        #expect(harness.user.events == ["opened"])
        harness.tearDown()
    }

    @Test("tries are spaced out: 250 ms at first, never more than 30 s")
    func backOff() {
        var backOff = BackOff(first: .milliseconds(250), limit: .seconds(30), random: { 1 })
        let spans = (0..<9).map { _ in backOff.span() }
        #expect(spans.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(spans.suffix(2) == [.seconds(30), .seconds(30)])
        backOff.reset()
        #expect(backOff.span() == .milliseconds(250))
        var jittered = BackOff(first: .seconds(2), limit: .seconds(30), random: { 0 })
        #expect(jittered.span() == .seconds(1))
    }

    @Test("a bus that goes away is a warning, and its return is noted")
    func restart() throws {
        let harness = try BusHarness.connected()
        harness.daemon.stop()
        try harness.run { harness.user.events == ["opened", "lost"] }
        #expect(harness.bus.connection == nil)
        try harness.run {
            harness.sink.contains(.warning, "lost the D-Bus system bus: Connection reset")
        }
        try harness.daemon.start()
        try harness.run { harness.bus.isOpen }
        #expect(harness.user.events == ["opened", "lost", "opened"])
        #expect(harness.sink.lines.count { $0.hasPrefix("WARNING") } == 1)
        #expect(harness.sink.contains(.info, "connected to the D-Bus system bus"))
        harness.tearDown()
    }

    @Test("a bus that accepts but never answers is given up after 30 s, and nothing waits for it")
    func silence() throws {
        let harness = try BusHarness()
        harness.daemon.suspend()
        let start = harness.loop.now
        harness.bus.start()
        let clock = Clock(harness.loop)
        harness.kernel.patience = .zero
        try harness.run { harness.sink.contains(.warning, "no answer within 30 s") }
        #expect(harness.loop.now == start + .seconds(30))
        #expect(clock.ticks >= 30)
        clock.stop()
        harness.daemon.resume()
        harness.tearDown()
    }

    /// Rings each second, for as long as the loop turns.
    private final class Clock {
        private let loop: EventLoop
        private var timer: Timer?
        private(set) var ticks = 0

        init(_ loop: EventLoop) {
            self.loop = loop
            wind()
        }

        func stop() { timer = nil }

        private func wind() {
            timer = loop.timer(after: .seconds(1)) { [self] in
                ticks += 1
                wind()
            }
        }
    }

    @Test("a bus that accepts nobody, its queue full, is tried again later")
    func fullQueue() throws {
        let harness = try BusHarness()
        harness.daemon.suspend()
        var crowd: [CInt] = []
        while let raw = connectOnce(harness.daemon.path) { crowd.append(raw) }
        harness.bus.start()
        #expect(harness.sink.contains(.warning, "Resource temporarily unavailable"))
        for raw in crowd { close(raw) }
        harness.daemon.resume()
        try harness.run { harness.bus.isOpen }
        harness.tearDown()
    }

    /// nil when the queue of the listener is full.
    private func connectOnce(_ path: String) -> CInt? {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let raw = socket(AF_UNIX, type, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if code == 0 { return raw }
        close(raw)
        return nil
    }

    @Test("of several addresses, the first that works is used, and kinds that may block are not")
    func addresses() throws {
        let harness = try BusHarness()
        let bus = Bus(
            on: harness.loop, log: Log(threshold: .debug, sinks: [harness.sink]),
            addresses: BusAddress.list(
                "tcp:host=localhost,port=1;unix:path=/nonexistent;\(harness.daemon.address)"))
        bus.start()
        try harness.run { bus.isOpen }
        bus.stop()
        let other = Bus(
            on: harness.loop, log: Log(threshold: .debug, sinks: [harness.sink]),
            addresses: ["unixexec:path=/bin/true"])
        other.start()
        #expect(harness.sink.contains(.warning, "only addresses that start with “unix:”"))
        other.stop()
        harness.tearDown()
    }

    @Test("any one system call may fail: it connects all the same, and nothing stays open")
    func anyFault() async {
        await #expect(processExitsWith: .success) {  // alone: other tests open descriptors too
            for number in 1...1000 {
                var reached = false
                let leaves = try leavesDescriptorsOpen {
                    let harness = try BusHarness(failingCall: number)
                    harness.bus.start()
                    for _ in 0..<20_000 where !harness.bus.isOpen { try? harness.loop.turn() }
                    try #require(harness.bus.isOpen, "not connected when call \(number) failed")
                    harness.tearDown()
                    reached = harness.kernel.faultWasReached
                }
                try #require(!leaves, "left open when call \(number) failed")
                if !reached { return }
            }
        }
    }
}
