/// Names one registration for ever. Its slot may be used again; the ticket is not.
struct Ticket: Hashable {
    let slot: UInt32
    let generation: UInt32  // of no other registration, whatever its slot

    /// The form in which it travels through the kernel, as epoll's `data.u64`.
    var packed: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    /// Whether it was given out earlier, less than 2^31 tickets ago.
    func isOlder(than other: Ticket) -> Bool {
        Int32(bitPattern: generation &- other.generation) < 0
    }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(packed: UInt64) {
        slot = UInt32(truncatingIfNeeded: packed)
        generation = UInt32(truncatingIfNeeded: packed >> 32)
    }
}
