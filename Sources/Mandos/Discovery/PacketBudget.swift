package import Reactor

/// How much of what strangers send is passed on to avahi-core, in all and from each sender. Reads no
/// clock.
///
/// A flood of questions cannot silence us: the answer to a question by multicast is heard by all, and
/// avahi-core gives it at most twice a second.
package struct PacketBudget {
    /// Questions a second that cost nothing but an answer.
    private var plain = TokenBucket(capacity: 100, perSecond: 200)
    /// Of `MulticastPacket.weight`: what is passed on within 0.7 s is what avahi-core compares with.
    private var weight = TokenBucket(
        capacity: Int64(MulticastPacket.weightMax), perSecond: 4096)
    /// Answers to one asker. Each waits in the kernel for up to three seconds if nobody has the
    /// address (arp(7), `unres_qlen_bytes`), and the room for that is shared with all else we send.
    private var unicast = TokenBucket(capacity: 30, perSecond: 20)
    private var legacy = TokenBucket(capacity: 20, perSecond: 10)
    private var corrections = TokenBucket(capacity: 5, perSecond: 1)
    /// By sender, whose number is found by hashing: two may have to share.
    private var senders: [TokenBucket]

    private static let sendersCount = 256
    /// The share of one sender, in the unit of `cost`.
    private static let sender = TokenBucket(
        capacity: Int64(MulticastPacket.weightMax) + 2048, perSecond: 2048)

    package init() {
        senders = Array(repeating: Self.sender, count: Self.sendersCount)
    }

    /// - Returns: whether to pass on a query or a correction; then it is paid for.
    package mutating func admits(
        _ packet: MulticastPacket, from address: SocketAddress, at now: Instant
    ) -> Bool {
        let index = Self.index(of: address)
        let cost = Self.cost(of: packet)
        guard senders[index].has(cost, at: now), takeFromAll(packet, at: now) else { return false }
        senders[index].spend(cost, at: now)
        return true
    }

    private mutating func takeFromAll(_ packet: MulticastPacket, at now: Instant) -> Bool {
        let isLegacy = packet.effect == .query(.legacy)
        let isUnicast = isLegacy || packet.effect == .query(.unicast)
        let isCorrection = packet.effect == .correction
        guard !isLegacy || legacy.has(1, at: now), !isUnicast || unicast.has(1, at: now),
            !isCorrection || corrections.has(1, at: now)
        else { return false }
        if packet.isPlain {
            guard plain.has(1, at: now) else { return false }
            plain.spend(1, at: now)
        } else {
            guard weight.has(Int64(packet.weight), at: now) else { return false }
            weight.spend(Int64(packet.weight), at: now)
        }
        if isLegacy { legacy.spend(1, at: now) }
        if isUnicast { unicast.spend(1, at: now) }
        if isCorrection { corrections.spend(1, at: now) }
        return true
    }

    /// No sender is to use up what there is for all at once. An answer to one asker costs a system
    /// call each time, a legacy one more than that.
    private static func cost(of packet: MulticastPacket) -> Int64 {
        let extra: Int64 =
            switch packet.effect {
            case .query(.legacy): 1024
            case .query(.unicast): 512
            case .query(.multicast), .conflict, .correction, .none: 160
            }
        return Int64(packet.weight) + extra
    }

    private static func index(of address: SocketAddress) -> Int {
        var hasher = Hasher()
        hasher.combine(address.with(port: 0))
        return Int(UInt(bitPattern: hasher.finalize()) % UInt(sendersCount))
    }
}
