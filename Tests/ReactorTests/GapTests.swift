import ReactorSimulation
import Testing

@testable import Reactor

@Suite("Gaps") struct GapTests {
    private let kernel: SimulatedKernel
    private let loop: EventLoop

    init() throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
    }

    private final class Notes {
        var gaps: [Gap] = []
        var order: [String] = []
        var dropped: Timer?
    }

    @Test("a handler that takes long, and a suspend, are told before what was due meanwhile")
    func told() throws {
        let notes = Notes()
        let start = loop.now
        let hook = loop.afterGap {
            notes.gaps.append($0)
            notes.order.append("gap")
        }
        let slow = loop.timer(after: .seconds(1)) { kernel.advance(by: .seconds(20)) }
        let due = loop.timer(after: .seconds(5)) { notes.order.append("due") }
        while notes.order.count < 2 { try loop.turn() }
        #expect(notes.order == ["gap", "due"])
        #expect(
            notes.gaps == [Gap(start: start + .seconds(1), end: start + .seconds(21))])
        let asleep = loop.timer(after: .seconds(1)) { kernel.suspend(for: .seconds(500)) }
        let next = loop.timer(after: .seconds(10)) { notes.order.append("next") }
        while notes.order.last != "next" { try loop.turn() }
        #expect(notes.gaps.count == 2)
        #expect(notes.gaps.last?.span == .seconds(500))
        #expect(notes.gaps.last?.isSuspend == true)
        _ = consume hook
        _ = consume slow
        _ = consume due
        _ = consume asleep
        _ = consume next
    }

    @Test("a wait in which nothing was due is no gap, however long")
    func idle() throws {
        let notes = Notes()
        let hook = loop.afterGap { notes.gaps.append($0) }
        let timer = loop.timer(after: .seconds(100_000)) { notes.order.append("due") }
        while notes.order.isEmpty { try loop.turn() }
        #expect(notes.gaps == [])
        _ = consume hook
        _ = consume timer
    }

    @Test("what had happened before a patient deadline is over is heard first, all of it")
    func patient() throws {
        var pair = SocketPair()
        let far = pair.takeFar()
        send([1, 2, 3], to: far)
        let notes = Notes()
        var watch: Watch?
        watch = try loop.watch(pair.takeNear(), for: .input) { _ in
            // One byte each turn, as if more were too much.
            var byte: UInt8 = 0
            let found = withUnsafeMutableBytes(of: &byte) { watch?.read(into: $0) }
            if case .bytes? = found {
                notes.order.append("heard")
                loop.noteBacklog()
            }
        }
        let limit = loop.timer(at: loop.now) { notes.order.append("limit") }
        let patient = loop.patientTimer(at: loop.now) { notes.order.append("patient") }
        for _ in 0..<20 where !notes.order.contains("patient") { try loop.turn() }
        #expect(notes.order == ["limit", "heard", "heard", "heard", "patient"])
        watch = nil
        _ = consume limit
        _ = consume patient
    }

    @Test("a patient deadline that is moved or let go while it is put off is not called")
    func calledOff() throws {
        let notes = Notes()
        var moved: Timer? = loop.patientTimer(at: loop.now) { notes.order.append("moved") }
        notes.dropped = loop.patientTimer(at: loop.now) { notes.order.append("dropped") }
        loop.later {
            moved?.move(to: loop.now + .seconds(9))
            notes.dropped = nil
        }
        let end = loop.timer(after: .seconds(5)) { notes.order.append("end") }
        while notes.order.isEmpty { try loop.turn() }
        #expect(notes.order == ["end"])
        moved = nil
        _ = consume end
    }

    @Test("no flood puts off a patient deadline for ever")
    func flood() throws {
        let notes = Notes()
        let patient = loop.patientTimer(at: loop.now) { notes.order.append("patient") }
        var turns = 0
        while notes.order.isEmpty, turns < 1000 {
            loop.later { loop.noteBacklog() }
            try loop.turn()
            turns += 1
        }
        #expect((100...102).contains(turns))
        _ = consume patient
    }
}
