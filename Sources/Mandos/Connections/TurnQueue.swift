/// Connections that wait for a step that costs time, in turns of their holders: the next of each, then
/// the next but one. A holder that asks for much waits behind itself. Each operation is O(1).
///
/// Holders of good standing have three turns of four, as long as there are any.
struct TurnQueue {
    typealias Place = Admission.Place
    enum Standing: Int { case good, poor }

    /// A list for each holder, of places.
    private var places = LinkedLists()
    /// A list for each standing, of holders.
    private var holders = LinkedLists()
    private var turn = 0
    private(set) var count = 0

    func contains(_ place: Place) -> Bool { places.list(of: place) != nil }

    mutating func append(_ place: Place, of holder: Int, _ standing: Standing) {
        precondition(!contains(place))
        places.append(place, to: holder)
        count += 1
        if holders.list(of: holder) == nil { holders.append(holder, to: standing.rawValue) }
    }

    mutating func removeFirst() -> Place? {
        guard let (holder, standing) = nextHolder(), let place = places.first(of: holder) else {
            return nil
        }
        places.remove(place)
        count -= 1
        holders.remove(holder)
        if !places.isEmpty(holder) { holders.append(holder, to: standing.rawValue) }
        return place
    }

    /// Does nothing if it does not wait.
    mutating func remove(_ place: Place) {
        guard let holder = places.list(of: place) else { return }
        places.remove(place)
        count -= 1
        if places.isEmpty(holder) { holders.remove(holder) }
    }

    private mutating func nextHolder() -> (Int, Standing)? {
        turn &+= 1
        let preferred: Standing = turn % 4 == 0 ? .poor : .good
        let other: Standing = preferred == .good ? .poor : .good
        if let holder = holders.first(of: preferred.rawValue) { return (holder, preferred) }
        return holders.first(of: other.rawValue).map { ($0, other) }
    }
}
