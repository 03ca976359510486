import ReactorSimulation
import Testing

@testable import Reactor

@Suite("Instants") struct InstantTests {
    @Test("sums beyond the range of the clock are clamped, not trapped")
    func clamped() {
        let now = Instant(nanoseconds: 5)
        #expect(now + .seconds(Int64.max) == .distantFuture)
        #expect(Instant(nanoseconds: -5) + .seconds(Int64.min) == Instant(nanoseconds: .min))
        #expect(Instant(nanoseconds: .max) - Instant(nanoseconds: .min) == .nanoseconds(Int64.max))
        #expect(now + .milliseconds(2) == Instant(nanoseconds: 2_000_005))
    }
}

@Suite("Slot table") struct SlotTableTests {
    @Test("a ticket whose slot was vacated leads nowhere, also after the slot was taken again")
    func stale() {
        var table = SlotTable<String>()
        let first = table.insert("first")
        #expect(table.remove(first) == "first")
        let second = table.insert("second")
        #expect(second.slot == first.slot)
        #expect(table[first] == nil)
        #expect(table.remove(first) == nil)
        #expect(table[second] == "second")
    }

    @Test("a renewed ticket leads to the same value, the old one nowhere")
    func renewed() {
        var table = SlotTable<String>()
        let old = table.insert("value")
        let new = table.renew(old)
        #expect(new.slot == old.slot)
        #expect(old.isOlder(than: new))
        #expect(table[old] == nil)
        #expect(table[new] == "value")
        #expect(table.count == 1)
    }

    @Test("an emptied table gives its memory back, and old tickets stay stale")
    func shrinks() {
        var table = SlotTable<Int>()
        let tickets = (0..<1000).map { table.insert($0) }
        for ticket in tickets { _ = table.remove(ticket) }
        #expect(table.count == 0)
        let fresh = table.insert(7)
        #expect(tickets.allSatisfy { table[$0] == nil })
        #expect(table[fresh] == 7)
    }

    @Test("a ticket survives its way through the kernel")
    func packed() {
        let ticket = Ticket(slot: 0x1234_5678, generation: 0x9abc_def0)
        #expect(Ticket(packed: ticket.packed) == ticket)
    }
}

@Suite("Timer heap") struct TimerHeapTests {
    @Test("deadlines come out in order, equal ones in the order of arming", arguments: 0..<20)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        var expected: [(deadline: Int64, order: Int)] = []
        for order in 0..<200 {
            let deadline = Int64.random(in: 0..<50, using: &random)
            expected.append((deadline, order))
            heap.arm(
                Ticket(slot: UInt32(200 - order), generation: UInt32(order)),
                at: Instant(nanoseconds: deadline))
        }
        expected.sort { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
        var due: [Ticket] = []
        heap.takeDue(at: Instant(nanoseconds: 24), into: &due)
        #expect(due.count == expected.count { $0.deadline <= 24 })
        heap.takeDue(at: .distantFuture, into: &due)
        #expect(due.map { Int($0.generation) } == expected.map(\.order), "seed \(seed)")
    }

    @Test("a timer renewed ever so often leaves no trail")
    func swept() {
        var heap = TimerHeap()
        for generation in 1...100_000 as ClosedRange<UInt32> {
            heap.arm(Ticket(slot: 0, generation: generation), at: Instant(nanoseconds: 9))
            heap.forgetStale(live: 1) { $0.generation == generation }
        }
        #expect(heap.count <= 70)
    }

    @Test("the order outlives the greatest ticket")
    func wrapped() {
        var heap = TimerHeap()
        let tickets = (0..<4).map { Ticket(slot: 3 - $0, generation: .max - 1 &+ $0) }
        for ticket in tickets { heap.arm(ticket, at: Instant(nanoseconds: 5)) }
        var due: [Ticket] = []
        heap.takeDue(at: .distantFuture, into: &due)
        #expect(due == tickets)
    }

    @Test("nobody is woken for a cancelled timer")
    func cancelledFirst() {
        var heap = TimerHeap()
        let (early, late) = (Ticket(slot: 0, generation: 1), Ticket(slot: 1, generation: 2))
        heap.arm(early, at: Instant(nanoseconds: 1))
        heap.arm(late, at: Instant(nanoseconds: 2))
        heap.forgetStale(live: 1) { $0 == late }
        #expect(heap.earliest == Instant(nanoseconds: 2))
    }
}
