/// Any number of first-in, first-out lists of small numbers, called nodes. A node is in one list at
/// most. Each operation is O(1); memory grows with the largest node and the largest list.
struct LinkedLists {
    private struct Link {
        var previous: Int32 = -1
        var next: Int32 = -1
        /// -1: in none.
        var list: Int32 = -1
    }

    private struct Ends {
        var first: Int32 = -1
        var last: Int32 = -1
    }

    private var links: [Link] = []
    private var ends: [Ends] = []

    func first(of list: Int) -> Int? {
        guard list < ends.count, ends[list].first >= 0 else { return nil }
        return Int(ends[list].first)
    }

    func isEmpty(_ list: Int) -> Bool { first(of: list) == nil }

    func list(of node: Int) -> Int? {
        guard node < links.count, links[node].list >= 0 else { return nil }
        return Int(links[node].list)
    }

    /// - Precondition: the node is in no list. The same holds for `prepend`.
    mutating func append(_ node: Int, to list: Int) {
        makeRoom(for: node, list)
        let last = ends[list].last
        links[node] = Link(previous: last, next: -1, list: Int32(list))
        if last >= 0 { links[Int(last)].next = Int32(node) } else { ends[list].first = Int32(node) }
        ends[list].last = Int32(node)
    }

    mutating func prepend(_ node: Int, to list: Int) {
        makeRoom(for: node, list)
        let first = ends[list].first
        links[node] = Link(previous: -1, next: first, list: Int32(list))
        if first >= 0 {
            links[Int(first)].previous = Int32(node)
        } else {
            ends[list].last = Int32(node)
        }
        ends[list].first = Int32(node)
    }

    /// Does nothing if the node is in no list.
    mutating func remove(_ node: Int) {
        guard let list = list(of: node) else { return }
        let link = links[node]
        if link.previous >= 0 {
            links[Int(link.previous)].next = link.next
        } else {
            ends[list].first = link.next
        }
        if link.next >= 0 {
            links[Int(link.next)].previous = link.previous
        } else {
            ends[list].last = link.previous
        }
        links[node] = Link()
    }

    /// Gives its memory back.
    ///
    /// - Precondition: all lists are empty.
    mutating func reset() { (links, ends) = ([], []) }

    private mutating func makeRoom(for node: Int, _ list: Int) {
        while links.count <= node { links.append(Link()) }
        while ends.count <= list { ends.append(Ends()) }
        precondition(links[node].list < 0)
    }
}
