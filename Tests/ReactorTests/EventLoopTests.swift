import ReactorSimulation
import Testing

@testable import Reactor

/// Holds tokens for a test, so that handlers can let go of them.
private final class Tokens {
    var watch: Watch?
    var otherWatch: Watch?
    var timer: Timer?
    var otherTimer: Timer?
    var hook: Hook?
    var events: [String] = []
}

/// Keeps the other end of a pair open.
private final class FarEnd {
    private let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

@Suite("Event loop") struct EventLoopTests {
    let kernel: SimulatedKernel
    let loop: EventLoop
    private let tokens = Tokens()

    init() throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
    }

    @Test("a turn runs hooks, then deadlines, then descriptors, then what was put off")
    func order() throws {
        var pair = SocketPair()
        let far = pair.takeFar()
        send([1], to: far)
        let tokens = tokens
        tokens.hook = loop.beforeSleep { tokens.events.append("hook") }
        loop.later { tokens.events.append("deferred") }
        tokens.watch = try loop.watch(pair.takeNear(), for: .input) { _ in
            tokens.events.append("descriptor")
        }
        tokens.timer = loop.timer(at: loop.now) { tokens.events.append("deadline") }
        try loop.turn()
        #expect(tokens.events == ["hook", "deadline", "descriptor", "deferred"])
    }

    @Test("a deadline is met at its time, not before, and once")
    func deadline() throws {
        let tokens = tokens
        let start = loop.now
        tokens.timer = loop.timer(after: .seconds(5)) { tokens.events.append("first") }
        tokens.otherTimer = loop.timer(after: .seconds(7)) { tokens.events.append("second") }
        try loop.turn()
        #expect(tokens.events == ["first"])
        #expect(loop.now == start + .seconds(5))
        try loop.turn()
        #expect(tokens.events == ["first", "second"])
        #expect(loop.now == start + .seconds(7))
    }

    @Test("a timer that is moved fires at its new deadline alone, be it later, earlier, or over")
    func movedTimer() throws {
        let tokens = tokens
        let start = loop.now
        tokens.timer = loop.timer(after: .seconds(5)) { tokens.events.append("moved") }
        tokens.otherTimer = loop.timer(after: .seconds(6)) { tokens.events.append("other") }
        tokens.timer?.move(to: start + .seconds(7))
        try loop.turn()
        #expect(tokens.events == ["other"])
        #expect(loop.now == start + .seconds(6))
        try loop.turn()
        #expect(tokens.events == ["other", "moved"])
        tokens.timer?.move(to: start + .seconds(20))
        tokens.timer?.move(to: start + .seconds(9))
        try loop.turn()
        #expect(tokens.events == ["other", "moved", "moved"])
        #expect(loop.now == start + .seconds(9))
        tokens.otherTimer = loop.timer(at: start + .seconds(30)) { tokens.events.append("last") }
        try loop.turn()
        #expect(tokens.events.last == "last")
    }

    @Test("a timer that another handler of the same turn moves does not fire in this turn")
    func timerMovedInSameTurn() throws {
        let tokens = tokens
        let start = loop.now
        tokens.timer = loop.timer(after: .seconds(1)) {
            tokens.otherTimer?.move(to: start + .seconds(3))
        }
        tokens.otherTimer = loop.timer(after: .seconds(1)) { tokens.events.append("moved") }
        try loop.turn()
        #expect(tokens.events == [])
        try loop.turn()
        #expect(tokens.events == ["moved"])
        #expect(loop.now == start + .seconds(3))
    }

    @Test("a timer armed by a handler for this very instant fires in the next turn")
    func timerArmedInHandler() throws {
        let (tokens, loop) = (tokens, loop)
        tokens.timer = loop.timer(after: .seconds(1)) {
            tokens.otherTimer = loop.timer(at: loop.now) { tokens.events.append("nested") }
        }
        try loop.turn()
        #expect(tokens.events == [])
        try loop.turn()
        #expect(tokens.events == ["nested"])
    }

    @Test("a timer let go by another handler of the same turn never fires")
    func timerCancelledInSameTurn() throws {
        let tokens = tokens
        tokens.timer = loop.timer(after: .seconds(1)) { tokens.otherTimer = nil }
        tokens.otherTimer = loop.timer(after: .seconds(1)) { tokens.events.append("cancelled") }
        tokens.watch = nil
        try loop.turn()
        tokens.timer = loop.timer(after: .seconds(1)) { tokens.events.append("next") }
        try loop.turn()
        #expect(tokens.events == ["next"])
    }

    @Test("a handler that lets go of itself is not called again")
    func selfCancel() throws {
        var pair = SocketPair()
        let far = pair.takeFar()
        send([1], to: far)
        let tokens = tokens
        tokens.watch = try loop.watch(pair.takeNear(), for: .input) { _ in
            tokens.events.append("descriptor")
            tokens.watch = nil
            tokens.events.append("still running")
        }
        loop.later {}
        try loop.turn()
        loop.later {}
        try loop.turn()
        #expect(tokens.events == ["descriptor", "still running"])
        #expect(loop.registrationCount == 0)
    }

    @Test("an event of a dropped registration never arrives, though slot and descriptor are reused")
    func staleEvent() throws {
        let (tokens, loop) = (tokens, loop)
        var first = SocketPair()
        var second = SocketPair()
        let far = first.takeFar()
        let otherFar = second.takeFar()
        send([1], to: far)
        send([1], to: otherFar)
        var fresh: [FarEnd] = []
        func watchFresh() -> Watch? {
            var pair = SocketPair()
            fresh.append(FarEnd(pair.takeFar()))
            return try? loop.watch(pair.takeNear(), for: .input) { _ in
                tokens.events.append("an event of somebody else")
            }
        }
        // Both are ready in the same turn. Whichever is called first lets go of the other and
        // registers a fresh descriptor, for which nothing is ready.
        tokens.watch = try loop.watch(first.takeNear(), for: .input) { _ in
            tokens.events.append("original")
            tokens.otherWatch = nil
            tokens.otherWatch = watchFresh()
        }
        tokens.otherWatch = try loop.watch(second.takeNear(), for: .input) { _ in
            tokens.events.append("original")
            tokens.watch = nil
            tokens.watch = watchFresh()
        }
        try loop.turn()
        #expect(tokens.events == ["original"])
        #expect(loop.registrationCount == 2)
        #expect(fresh.count == 1)
    }

    @Test("a watch tells input, output and a broken connection apart")
    func readiness() throws {
        var pair = SocketPair()
        let tokens = tokens
        var far: Descriptor? = pair.takeFar()
        tokens.watch = try loop.watch(pair.takeNear(), for: .output) {
            tokens.events.append("\($0.rawValue)")
        }
        try loop.turn()
        try tokens.watch?.want(.input)
        far = nil
        try loop.turn()
        #expect(tokens.events == ["2", "5"])
        _ = far
    }

    @Test("the kernel's alarm is set only for an earlier deadline, and again when it has rung")
    func alarmIsSetSparingly() throws {
        let tokens = tokens
        tokens.timer = loop.timer(after: .seconds(9)) {}
        for _ in 0..<5 {
            loop.later {}
            try loop.turn()
        }
        #expect(kernel.alarmsSet == 1)
        tokens.otherTimer = loop.timer(after: .seconds(10)) {}
        loop.later {}
        try loop.turn()
        #expect(kernel.alarmsSet == 1)
        tokens.timer = nil
        loop.later {}
        try loop.turn()
        #expect(kernel.alarmsSet == 1)
        let start = loop.now
        try loop.turn()
        #expect(loop.now == start + .seconds(9))
        try loop.turn()
        #expect(loop.now == start + .seconds(10))
        #expect(kernel.alarmsSet == 2)
    }

    @Test("work put off by put-off work waits for the next turn, which does not sleep")
    func laterInLater() throws {
        let (tokens, loop) = (tokens, loop)
        loop.later {
            tokens.events.append("first")
            loop.later { tokens.events.append("second") }
        }
        try loop.turn()
        #expect(tokens.events == ["first"])
        try loop.turn()
        #expect(tokens.events == ["first", "second"])
    }

    @Test("a hook may let go of itself and of another while hooks run")
    func hookCancel() throws {
        let tokens = tokens
        tokens.hook = loop.beforeSleep {
            tokens.events.append("hook")
            tokens.hook = nil
        }
        loop.later {}
        try loop.turn()
        loop.later {}
        try loop.turn()
        #expect(tokens.events == ["hook"])
    }
}
