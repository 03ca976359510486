internal import Reactor

/// Counts the places of each holder, and finds the one to give up. Makes no system call.
///
/// The heaviest holder gives a place: the one with most places; of those with one, the one with the
/// greatest burden. Of burdened holders with one place, `burdenedKept` go no sooner than others, so that
/// a burden keeps nobody out. Holders of the same weight and kind stand in a list, so that each
/// operation is O(1), however many there are.
struct Shares<Owner: Hashable, Kind: PlaceKind> {
    typealias Place = Admission.Place

    private struct Seat {
        /// -1: nobody's.
        var holder: Int32 = -1
        var kind: Int32 = 0
        var since = Instant.distantFuture
    }

    private struct Holder {
        let owner: Owner
        var count = 0
        var burden: Int
    }

    private var seats: [Seat] = []
    private var holders: [Holder?] = []
    private var vacant: [Int32] = []
    private var numbers: [Owner: Int32] = [:]
    /// A list for each holder and kind.
    private var places = LinkedLists()
    /// A list for each weight and kind, of holders whose first place to go is of that kind.
    private var ranks = LinkedLists()
    /// No holder is heavier.
    private var weightMax = 0
    private let burdenedKept: Int
    /// Burdened holders with one place.
    private var burdenedSingles = 0

    private(set) var count = 0
    /// Weights that were looked at in vain, ever: what is not O(1) in the worst case, but on average.
    private(set) var weightsSkipped = 0

    /// An empty one larger than this gives its memory back.
    private static var placesKept: Int { 64 }

    /// A greater burden makes no difference.
    static var burdenMax: Int { 8 }

    init(burdenedKept: Int = 0) { self.burdenedKept = burdenedKept }

    func held(by owner: Owner) -> Int { number(of: owner).map { holders[$0]!.count } ?? 0 }
    func owner(of place: Place) -> Owner? { holder(of: place).map { holders[$0]!.owner } }
    func contains(_ place: Place) -> Bool { holder(of: place) != nil }

    /// A small number that stands for the owner of the place, as long as it has one.
    func holder(of place: Place) -> Int? {
        guard place < seats.count, seats[place].holder >= 0 else { return nil }
        return Int(seats[place].holder)
    }

    /// - Parameter burden: how often places of the owner came to nothing lately, if it holds none yet.
    mutating func enter(
        _ place: Place, of owner: Owner, burden: Int = 0, as kind: Kind, at now: Instant
    ) {
        while seats.count <= place { seats.append(Seat()) }
        precondition(seats[place].holder < 0)
        let holder = number(of: owner) ?? makeHolder(owner, burden)
        holders[holder]!.count += 1
        count += 1
        seats[place] = Seat(holder: Int32(holder), kind: Int32(kind.rawValue), since: now)
        places.append(place, to: list(holder, kind))
        rank(holder)
    }

    /// - Parameter since: if it is not new in that kind, but comes back to it; then it goes first if
    ///   it is older than all others.
    mutating func move(_ place: Place, to kind: Kind, since: Instant) {
        guard let holder = holder(of: place) else { return }
        places.remove(place)
        seats[place].kind = Int32(kind.rawValue)
        seats[place].since = since
        let list = list(holder, kind)
        if let first = places.first(of: list), since < seats[first].since {
            places.prepend(place, to: list)
        } else {
            places.append(place, to: list)
        }
        rank(holder)
    }

    /// - Returns: whether the owner holds no other place.
    @discardableResult
    mutating func leave(_ place: Place) -> Bool {
        guard let holder = holder(of: place) else { return false }
        places.remove(place)
        seats[place] = Seat()
        holders[holder]!.count -= 1
        count -= 1
        rank(holder)
        guard holders[holder]!.count == 0 else { return false }
        numbers.removeValue(forKey: holders[holder]!.owner)
        holders[holder] = nil
        vacant.append(Int32(holder))
        if count == 0, seats.count > Self.placesKept { reset() }
        return true
    }

    mutating func setBurden(_ burden: Int, of owner: Owner) {
        guard let holder = number(of: owner) else { return }
        holders[holder]!.burden = burden
        rank(holder)
    }

    /// The place that is given to somebody else; nil if nobody holds any.
    mutating func placeToGive(at now: Instant) -> Place? {
        let weight = weightToGive()
        guard let kind = Kind.firstToGo(at: now, { oldest(ofWeight: weight, $0) }),
            let holder = ranks.first(of: weight * Kind.count + kind.rawValue)
        else { return nil }
        return firstPlace(of: holder, at: now)
    }

    /// Until when nobody is to give a place, if the next one would be of an owner that has no other, and
    /// no burden. Nil if one may go at once.
    ///
    /// - Parameter span: how long a place is kept at least.
    mutating func respite(within span: Duration) -> Instant? {
        guard weightToGive() == 0 else { return nil }
        return Kind.respite(within: span) { oldest(ofWeight: 0, $0) }
    }

    /// The weight of those of whom the next place is taken.
    private mutating func weightToGive() -> Int {
        while weightMax > 0, !hasOwners(ofWeight: weightMax) {
            weightMax -= 1
            weightsSkipped += 1
        }
        let isKept = weightMax <= Self.burdenMax && burdenedSingles <= burdenedKept
        return isKept && hasOwners(ofWeight: 0) ? 0 : weightMax
    }

    /// The place that this owner gives for another of its own; nil if it holds none.
    func place(of owner: Owner, at now: Instant) -> Place? {
        number(of: owner).flatMap { firstPlace(of: $0, at: now) }
    }

    private func hasOwners(ofWeight weight: Int) -> Bool {
        for kind in 0..<Kind.count where !ranks.isEmpty(weight * Kind.count + kind) { return true }
        return false
    }

    private func oldest(ofWeight weight: Int, _ kind: Kind) -> Instant? {
        let holder = ranks.first(of: weight * Kind.count + kind.rawValue)
        return holder.flatMap { oldest($0, kind) }
    }

    private func firstPlace(of holder: Int, at now: Instant) -> Place? {
        let kind = Kind.firstToGo(at: now) { oldest(holder, $0) }
        return kind.flatMap { places.first(of: list(holder, $0)) }
    }

    private func oldest(_ holder: Int, _ kind: Kind) -> Instant? {
        places.first(of: list(holder, kind)).map { seats[$0].since }
    }

    private func list(_ holder: Int, _ kind: Kind) -> Int { holder * Kind.count + kind.rawValue }
    private func number(of owner: Owner) -> Int? { numbers[owner].map { Int($0) } }

    private func weight(_ holder: Int) -> Int {
        let (count, burden) = (holders[holder]!.count, holders[holder]!.burden)
        return count > 1 ? Self.burdenMax + count - 1 : min(burden, Self.burdenMax)
    }

    private mutating func makeHolder(_ owner: Owner, _ burden: Int) -> Int {
        let holder = vacant.popLast().map { Int($0) } ?? holders.count
        if holder == holders.count { holders.append(nil) }
        holders[holder] = Holder(owner: owner, burden: burden)
        numbers[owner] = Int32(holder)
        return holder
    }

    /// Puts the holder where it belongs, last if it belongs elsewhere than before.
    private mutating func rank(_ holder: Int) {
        guard holders[holder]!.count > 0 else { return unrank(holder) }
        let weight = weight(holder)
        var kind = 0
        while places.isEmpty(holder * Kind.count + kind) { kind += 1 }
        let rank = weight * Kind.count + kind
        guard ranks.list(of: holder) != rank else { return }
        unrank(holder)
        ranks.append(holder, to: rank)
        if Self.isBurdenedSingle(rank) { burdenedSingles += 1 }
        weightMax = max(weightMax, weight)
    }

    private mutating func unrank(_ holder: Int) {
        if let rank = ranks.list(of: holder), Self.isBurdenedSingle(rank) { burdenedSingles -= 1 }
        ranks.remove(holder)
    }

    private static func isBurdenedSingle(_ rank: Int) -> Bool {
        (1...burdenMax).contains(rank / Kind.count)
    }

    private mutating func reset() {
        (seats, holders, vacant, numbers) = ([], [], [], [:])
        places.reset()
        ranks.reset()
        weightMax = 0
    }
}
