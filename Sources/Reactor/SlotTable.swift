/// Values under tickets. Insertion, look-up and removal are O(1); vacated slots are used again.
struct SlotTable<Value> {
    private struct Slot {
        var generation: UInt32
        var value: Value?
    }

    private var slots: [Slot] = []
    private var vacant: [UInt32] = []
    /// Counted for the whole table, not for each slot, so that it may also shrink.
    private var generation: UInt32 = 0

    var count: Int { slots.count - vacant.count }

    mutating func insert(_ value: Value) -> Ticket {
        generation &+= 1
        let slot = Slot(generation: generation, value: value)
        guard let index = vacant.popLast() else {
            slots.append(slot)
            return Ticket(slot: UInt32(slots.count - 1), generation: generation)
        }
        slots[Int(index)] = slot
        return Ticket(slot: index, generation: generation)
    }

    /// The same value under a ticket of its own; the old one leads nowhere.
    mutating func renew(_ ticket: Ticket) -> Ticket {
        precondition(contains(ticket))
        generation &+= 1
        slots[Int(ticket.slot)].generation = generation
        return Ticket(slot: ticket.slot, generation: generation)
    }

    subscript(ticket: Ticket) -> Value? {
        guard contains(ticket) else { return nil }
        return slots[Int(ticket.slot)].value
    }

    func contains(_ ticket: Ticket) -> Bool {
        guard Int(ticket.slot) < slots.count else { return false }
        let slot = slots[Int(ticket.slot)]
        return slot.generation == ticket.generation && slot.value != nil
    }

    /// Returns what was there, so that the caller decides when its life ends: ending a handler's
    /// life may run code that registers and cancels in this very table.
    mutating func remove(_ ticket: Ticket) -> Value? {
        guard contains(ticket) else { return nil }
        let value = slots[Int(ticket.slot)].value.take()
        vacant.append(ticket.slot)
        if count == 0, slots.count > slotsKept { (slots, vacant) = ([], []) }
        return value
    }

    /// An empty table larger than this gives its memory back.
    private var slotsKept: Int { 64 }
}
