/// How many peers of each kind there are.
package struct Mix: Equatable, Sendable {
    package private(set) var counts: [PeerKind: Int]

    package init(_ counts: [PeerKind: Int]) { self.counts = counts.filter { $0.value > 0 } }

    /// - Parameter text: such as `honest=1000,silent=50`; nil if it is not of that form.
    package init?(_ text: String) {
        var counts: [PeerKind: Int] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let kind = PeerKind(name: pair[0]), let count = Int(pair[1]),
                (0...Self.countMax).contains(count), counts[kind] == nil
            else { return nil }
            counts[kind] = count
        }
        self.init(counts)
        guard (1...Self.countMax).contains(total) else { return nil }
    }

    /// Peers of one run, so that a slip of the finger does not run for days.
    package static let countMax = 1_000_000

    package var total: Int { counts.values.reduce(0, +) }

    package subscript(_ kind: PeerKind) -> Int { counts[kind, default: 0] }

    /// All of them, in a random order that the generator decides.
    package func shuffled(using generator: inout SeededGenerator) -> [PeerKind] {
        var kinds: [PeerKind] = []
        kinds.reserveCapacity(total)
        for kind in PeerKind.allCases { kinds += Array(repeating: kind, count: self[kind]) }
        return counts.count > 1 ? kinds.shuffled(using: &generator) : kinds
    }
}
