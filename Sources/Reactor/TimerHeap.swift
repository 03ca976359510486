/// Deadlines, the earliest first. Arming is O(log n), and cancelling is nothing at all: the ticket
/// of a cancelled timer leads nowhere, and its entry is swept out later.
struct TimerHeap {
    private struct Entry {
        let deadline: Instant
        let ticket: Ticket

        func isBefore(_ other: Entry) -> Bool {
            deadline == other.deadline
                ? ticket.isOlder(than: other.ticket) : deadline < other.deadline
        }
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var earliest: Instant? { entries.first?.deadline }

    mutating func arm(_ ticket: Ticket, at deadline: Instant) {
        entries.append(Entry(deadline: deadline, ticket: ticket))
        rise(from: entries.count - 1)
    }

    /// Takes out every timer due at `now`, equal deadlines in the order of arming. They are run
    /// afterwards, not meanwhile: a handler that arms a timer for this very instant sees it fire on
    /// the next turn, and no turn is endless.
    mutating func takeDue(at now: Instant, into due: inout [Ticket]) {
        while let first = entries.first, first.deadline <= now {
            due.append(first.ticket)
            removeFirst()
        }
    }

    /// Takes cancelled timers off the top, so that nobody is woken for them, and sweeps out all of
    /// them once there are half as many as `live` ones, or a much-moved timer would make the heap grow.
    mutating func forgetStale(live: Int, _ isLive: (Ticket) -> Bool) {
        if entries.count > live + live / 2 + 64 {
            entries.removeAll { !isLive($0.ticket) }
            for index in (0..<entries.count / 2).reversed() { sink(from: index) }
            if entries.capacity > 4 * entries.count + 256 { entries = Array(entries[...]) }
        }
        while let first = entries.first, !isLive(first.ticket) { removeFirst() }
    }

    private mutating func removeFirst() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        sink(from: 0)
    }

    private mutating func rise(from start: Int) {
        let entry = entries[start]
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry.isBefore(entries[parent]) else { break }
            entries[index] = entries[parent]
            index = parent
        }
        entries[index] = entry
    }

    private mutating func sink(from start: Int) {
        let entry = entries[start]
        var index = start
        while true {
            var child = 2 * index + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
            guard entries[child].isBefore(entry) else { break }
            entries[index] = entries[child]
            index = child
        }
        entries[index] = entry
    }
}
