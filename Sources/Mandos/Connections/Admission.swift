package import Reactor

/// Decides which peers may be connected. Makes no system call, and reads no clock.
///
/// A connection has a *place*. A stranger's is counted for its source, that of a peer that has proved
/// to be a client for that client. Two rules take places away, and nothing else here does:
///
/// - A *share* bounds one holder, whatever there is room for: a client has at most `perClient`
///   places, and a source at most `perSource`, if the operator says so. A new one takes the oldest.
/// - *Pressure* is when all places are taken: a newcomer gets one of the source that holds most; of
///   equals, of one whose connections have failed lately; and of those, the place that is the least
///   likely to be honest (`StrangerKind`). Sources that have failed lately, and hold one place each,
///   are left a part of all places all the same: our own want of places may be why they failed.
///   Clients cannot have more than `clientsMax` places, so that there is always one for a newcomer;
///   between clients it is the same.
///
/// Only one thing makes newcomers wait to be accepted: that they would have the place of a source that
/// has no other, and has not failed lately. It keeps it as long as a handshake takes (`respite`).
///
/// The cost of each decision does not grow with the number of connections or sources.
package struct Admission {
    /// Names a connection while it is here; a small number, which is used again.
    package typealias Place = Int

    package enum Stage {
        /// Has not proved who it is.
        case unknown
        /// Is a client, and waits for its approval.
        case waiting
        case sending
        /// Was refused, or served, and has only to say goodbye.
        case leaving
    }

    package struct Limits: Equatable {
        package let total: Int
        package var perSource: Int?
        package var perClient: Int
        /// Of all clients together.
        package var clientsMax: Int { total - max(1, total / Self.reservedPart) }

        /// One place of so many is kept from clients.
        package static let reservedPart = 4

        /// - Parameter total: at least 2, for a client and a newcomer.
        package init(total: Int, perSource: Int? = nil, perClient: Int = 4) {
            self.total = max(2, total)
            self.perSource = perSource
            self.perClient = perClient
        }
    }

    /// A place that has to be given up, and why.
    package enum Eviction: Equatable {
        /// For a newcomer.
        case pressure(Place)
        /// For another connection of the same source.
        case shareOfSource(Place)
        /// For a newer connection of the same client.
        case shareOfClient(Place)
        /// For another client, as clients have all places that they may have.
        case reserve(Place)

        package var place: Place {
            switch self {
            case .pressure(let place), .shareOfSource(let place), .shareOfClient(let place),
                .reserve(let place):
                place
            }
        }
    }

    /// One place of so many is for strangers that come before a storm.
    private static let earlyPart = 4
    /// One place of so many is left to sources that have failed lately.
    private static let burdenedPart = 4
    private static let queueSpan: Duration = .milliseconds(500)

    private struct Stranger {
        var isEarly = false
        /// Since when it is in its handshake.
        var handshaking = Instant.distantFuture
    }

    package let limits: Limits
    private var strangers: Shares<Source, StrangerKind>
    private var clients = Shares<ClientName, ClientKind>()
    /// By place.
    private var details: [Stranger] = []
    private var vacant: [Int32] = []
    private var census = SourceCensus()
    private var failures = FailureMemory()
    private var turns = TurnQueue()

    package init(_ limits: Limits) {
        self.limits = limits
        strangers = Shares(burdenedKept: max(1, limits.total / Self.burdenedPart))
    }

    package var count: Int { strangers.count + clients.count }
    package var clientCount: Int { clients.count }
    /// How often a decision had to look further than at the first of something, ever.
    var stepsInVain: Int { strangers.weightsSkipped + clients.weightsSkipped }
    package var isFull: Bool { count >= limits.total }
}

// Pressure.
extension Admission {
    /// The place to give up before another connection can be added; nil if there is room.
    package mutating func evictionForNewcomer(at now: Instant) -> Eviction? {
        isFull ? relief(at: now) : nil
    }

    /// Until when no stranger is to give a place, since none is held by anybody who deserves it less
    /// than a newcomer; nil if one may give it.
    ///
    /// - Parameter queued: connections that wait to be accepted. The last of them is not to wait for
    ///   longer than `queueSpan`.
    package mutating func respite(at now: Instant, queued: () -> Int) -> Instant? {
        guard strangers.respite(within: StrangerKind.answerAllowed).map({ now < $0 }) == true else {
            return nil
        }
        let span = Self.queueSpan * strangers.count / max(1, queued())
        let end = strangers.respite(within: min(StrangerKind.answerAllowed, span))
        return end.flatMap { now < $0 ? $0 : nil }
    }

    /// A stranger's place, if there is too little of something else, such as descriptors; nil if
    /// there are no strangers.
    package mutating func relief(at now: Instant) -> Eviction? {
        strangers.placeToGive(at: now).map { .pressure($0) }
    }

    /// The place to give up before the stranger can become this client; nil if there is room.
    package mutating func eviction(for client: ClientName, at now: Instant) -> Eviction? {
        if clients.held(by: client) >= limits.perClient {
            return clients.place(of: client, at: now).map { .shareOfClient($0) }
        }
        guard clients.count >= limits.clientsMax else { return nil }
        return clients.placeToGive(at: now).map { .reserve($0) }
    }
}

// Shares.
extension Admission {
    /// The place to give up because the source of this stranger has more places than one may have.
    package func eviction(fromSourceOf place: Place, at now: Instant) -> Eviction? {
        guard let perSource = limits.perSource, let source = strangers.owner(of: place),
            strangers.held(by: source) > perSource
        else { return nil }
        return strangers.place(of: source, at: now).map { .shareOfSource($0) }
    }
}

// The life of a connection.
extension Admission {
    /// A new connection, which has sent nothing yet.
    package mutating func add(from address: SocketAddress, at now: Instant) -> Place {
        failures.expire(at: now)
        let isEarly = strangers.count < limits.total / Self.earlyPart
        let place = vacant.popLast().map { Int($0) } ?? details.count
        if place == details.count { details.append(Stranger()) }
        details[place] = Stranger(isEarly: isEarly)
        let source = census.source(of: address) { strangers.held(by: $0) > 0 }
        if strangers.held(by: source) == 0 { census.noteFirst(of: source) }
        strangers.enter(
            place, of: source, burden: failures.count(of: source), as: .silent, at: now)
        return place
    }

    /// A stranger asks for a turn: `nextTurn` says when it has it. Does nothing if it has asked.
    package mutating func queue(_ place: Place, at now: Instant) {
        guard !turns.contains(place), let holder = strangers.holder(of: place),
            let source = strangers.owner(of: place)
        else { return }
        turns.append(place, of: holder, failures.count(of: source) == 0 ? .good : .poor)
        strangers.move(place, to: .queued, since: now)
    }

    package func isQueued(_ place: Place) -> Bool { turns.contains(place) }
    package var hasTurns: Bool { turns.count > 0 }

    /// The stranger that has its turn, and is in its handshake from now on.
    package mutating func nextTurn(at now: Instant) -> Place? {
        guard let place = turns.removeFirst() else { return nil }
        let since = min(details[place].handshaking, now)
        details[place].handshaking = since
        strangers.move(place, to: details[place].isEarly ? .early : .crowding, since: since)
        return place
    }

    /// It has come to another stage.
    package mutating func note(_ stage: Stage, of place: Place, at now: Instant) {
        switch stage {
        case .unknown: break
        case .waiting: clients.move(place, to: .awaitingApproval, since: now)
        case .sending: clients.move(place, to: .sending, since: now)
        case .leaving:
            turns.remove(place)
            strangers.move(place, to: .leaving, since: now)
            clients.move(place, to: .leaving, since: now)
        }
    }

    /// A stranger has proved to be this client, and is that from now on. Its source is in good
    /// standing again.
    ///
    /// - Precondition: `eviction(for:at:)` was heeded.
    package mutating func identify(_ place: Place, as client: ClientName, at now: Instant) {
        if let source = leaveStrangers(place) {
            failures.forget(source)
            strangers.setBurden(0, of: source)
        }
        clients.enter(place, of: client, as: .awaitingApproval, at: now)
    }

    /// The connection is gone. One of a stranger has failed, whatever the reason.
    package mutating func remove(_ place: Place, at now: Instant) {
        if let source = leaveStrangers(place) {
            failures.note(source, at: now)
            strangers.setBurden(failures.count(of: source), of: source)
        } else {
            clients.leave(place)
        }
        if count == 0 {
            (details, vacant) = ([], [])
        } else {
            vacant.append(Int32(place))
        }
    }

    /// - Returns: its source; nil if it is no stranger's.
    private mutating func leaveStrangers(_ place: Place) -> Source? {
        guard let source = strangers.owner(of: place) else { return nil }
        turns.remove(place)
        if strangers.leave(place) { census.noteLast(of: source) }
        return source
    }
}
