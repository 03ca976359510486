package import Reactor

/// Who may stay connected while nobody knows yet who it is. Makes no system call.
///
/// A source (see `SocketAddress.source`) may have any number of connections that make progress, so
/// that a rack behind one router can boot at once. What is limited are those that do not: over the
/// limit of its source, or of all connections, the oldest ones go that were refused, have sent no
/// line for `silenceAllowed`, or have not ended their handshake for `handshakeAllowed`.
package struct Admission {
    package typealias ID = UInt64

    package enum Stage {
        /// Has not sent its line.
        case silent
        /// Has not proved who it is.
        case handshaking
        /// Was refused, and has only to say goodbye.
        case leaving
        /// Belongs to a client, and is no longer limited here.
        case authenticated
    }

    package enum Verdict: Equatable {
        case accept
        /// Close this one, then ask again.
        case evict(ID)
        /// Accept nobody before that, or before somebody has left.
        case wait(until: Instant)
    }

    private struct Member {
        let id: ID
        let since: Instant
    }

    /// Each in the order of their arrival in that stage.
    private struct Source {
        var silent: [Member] = []
        var handshaking: [Member] = []
        var leaving: [Member] = []

        var count: Int { silent.count + handshaking.count + leaving.count }

        /// Those without a line go early: they cost the peer least.
        func oldestRipe(at now: Instant) -> ID? {
            if let first = leaving.first { return first.id }
            if let first = silent.first, first.since + silenceAllowed <= now { return first.id }
            guard let first = handshaking.first, first.since + handshakeAllowed <= now else {
                return nil
            }
            return first.id
        }

        /// When the next one becomes ripe.
        var nextRipe: Instant {
            let silence = silent.first.map { $0.since + silenceAllowed } ?? .distantFuture
            let handshake = handshaking.first.map { $0.since + handshakeAllowed } ?? .distantFuture
            return min(silence, handshake)
        }
    }

    /// A peer sends its line with the packet that completes the connection, or right after.
    package static let silenceAllowed: Duration = .milliseconds(100)
    /// A handshake takes two round trips and some milliseconds of a small machine's time.
    package static let handshakeAllowed: Duration = .seconds(1)

    private let total: Int
    private let perSource: Int
    private var sources: [SocketAddress: Source] = [:]
    package private(set) var count = 0

    /// - Parameters:
    ///   - total: connections of any stage.
    ///   - perSource: unauthenticated connections of one source.
    package init(total: Int, perSource: Int) {
        self.total = total
        self.perSource = perSource
    }

    /// To be asked before each accept.
    package func verdict(at now: Instant) -> Verdict { count < total ? .accept : relief(at: now) }

    /// What to do when there is no room for another connection, whatever the reason.
    package func relief(at now: Instant) -> Verdict {
        var greediest: (count: Int, victim: ID)?
        var soonest = now + .milliseconds(100)
        for source in sources.values {
            if let victim = source.oldestRipe(at: now) {
                if source.count > greediest?.count ?? 0 { greediest = (source.count, victim) }
            } else {
                soonest = min(soonest, source.nextRipe)
            }
        }
        return greediest.map { .evict($0.victim) } ?? .wait(until: soonest)
    }

    package mutating func add(_ id: ID, from address: SocketAddress, at now: Instant) {
        count += 1
        enter(Member(id: id, since: now), address, .silent)
    }

    /// The connection that has to go, as there are too many from there; nil if there are not.
    package func surplus(from address: SocketAddress, at now: Instant) -> ID? {
        guard let source = sources[address.source], source.count > perSource else { return nil }
        return source.oldestRipe(at: now)
    }

    package mutating func move(
        _ id: ID, from address: SocketAddress, _ old: Stage, to new: Stage, at now: Instant
    ) {
        leave(id, address, old)
        enter(Member(id: id, since: now), address, new)
    }

    package mutating func remove(_ id: ID, from address: SocketAddress, _ stage: Stage) {
        leave(id, address, stage)
        count -= 1
    }

    private mutating func enter(_ member: Member, _ address: SocketAddress, _ stage: Stage) {
        switch stage {
        case .silent: sources[address.source, default: Source()].silent.append(member)
        case .handshaking: sources[address.source, default: Source()].handshaking.append(member)
        case .leaving: sources[address.source, default: Source()].leaving.append(member)
        case .authenticated: break
        }
    }

    private mutating func leave(_ id: ID, _ address: SocketAddress, _ stage: Stage) {
        guard var source = sources.removeValue(forKey: address.source) else { return }
        switch stage {
        case .silent: source.silent.removeAll { $0.id == id }
        case .handshaking: source.handshaking.removeAll { $0.id == id }
        case .leaving: source.leaving.removeAll { $0.id == id }
        case .authenticated: break
        }
        if source.count > 0 { sources[address.source] = source }
    }
}
