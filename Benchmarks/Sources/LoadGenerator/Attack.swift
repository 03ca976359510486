private import HostilePeers

/// Hostile peers of one kind.
package struct Attack: Equatable, Sendable {
    package let kind: String
    /// Connections at the same time. Each is made again once it has ended.
    package let count: Int

    /// Peers of one kind, each of which is a thread.
    package static let countMax = 20_000

    /// A kind that can be played, with a description of it.
    package struct Kind: Equatable, Sendable {
        package let name: String
        package let description: String
    }

    package static let kinds: [Kind] = {
        var kinds: [Kind] = []
        var description: UnsafePointer<CChar>?
        while let name = unsafe hostile_attack_kind(CInt(kinds.count), &description) {
            kinds.append(
                Kind(
                    name: unsafe String(cString: name),
                    description: unsafe description.map { unsafe String(cString: $0) } ?? ""))
        }
        return kinds
    }()

    /// - Parameter text: such as `huge-rsa=1,version-flood=50`; nil if it is not of that form.
    package static func parse(_ text: String) -> [Attack]? {
        var attacks: [Attack] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let count = Int(pair[1]), (1...countMax).contains(count),
                kinds.contains(where: { $0.name == pair[0] }),
                !attacks.contains(where: { $0.kind == pair[0] })
            else { return nil }
            attacks.append(Attack(kind: String(pair[0]), count: count))
        }
        return attacks
    }
}
