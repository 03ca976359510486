package import Reactor

/// Counts events by source in bounded memory, and finds the source with the most: the algorithm
/// “Space-Saving” (Metwally, Agrawal, El Abbadi, 2005). A new source takes the place of the one with the
/// fewest events and inherits its count, which is known to be too high by at most that much.
package struct TopSources {
    private struct Entry {
        let source: SocketAddress
        var count: Int
        /// How many of `count` may belong to others.
        let error: Int
    }

    /// A source with more than one in so many events is found for certain.
    package static let entriesMax = 64

    private var entries: [Entry] = []
    private var places: [SocketAddress: Int] = [:]
    /// Whether there were more sources than entries.
    package private(set) var isOverfull = false

    package init() {}

    /// O(1) for a source that has an entry, else O(`entriesMax`).
    package mutating func note(_ source: SocketAddress) {
        if let place = places[source] {
            entries[place].count += 1
            return
        }
        guard entries.count == Self.entriesMax else {
            places[source] = entries.count
            entries.append(Entry(source: source, count: 1, error: 0))
            return
        }
        let place = entries.indices.min { entries[$0].count < entries[$1].count } ?? 0
        let least = entries[place]
        isOverfull = true
        places[least.source] = nil
        places[source] = place
        entries[place] = Entry(source: source, count: least.count + 1, error: least.count)
    }

    /// How many sources there were; a lower bound if `isOverfull`.
    package var count: Int { entries.count }

    /// The source with the most events that are certainly its own, and their number.
    package var greatest: (source: SocketAddress, countMin: Int)? {
        let certain = entries.max { $0.count - $0.error < $1.count - $1.error }
        return certain.map { ($0.source, $0.count - $0.error) }
    }
}
