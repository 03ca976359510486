/// The effect that a datagram of multicast DNS (RFC 6762) would have on avahi-core.
package struct MulticastPacket: Equatable {
    package enum Effect: Equatable {
        /// None that this server needs.
        case none(Reason)
        /// A question about a record of ours.
        case query(Reply)
        /// Somebody else claims a name of ours.
        case conflict(OwnRecord.Subject)
        /// Somebody has said of a record of ours that it is no more, or soon; it is announced again.
        case correction
    }

    package enum Reason {
        case tooLarge
        case malformed
        /// It is about others, or says what we say ourselves.
        case foreign
    }

    package enum Reply {
        case multicast
        /// Sent to the one who asked (RFC 6762, section 5.4).
        case unicast
        /// The same, to a plain DNS resolver (section 6.7).
        case legacy
    }

    package let effect: Effect
    /// Questions and records.
    package let entries: Int
    /// The cost of comparing it: the length of all names and data as texts, and something for each
    /// entry. avahi-core compares each entry with each that came within the last 0.7 s.
    package let weight: Int
    /// Leaves no trace in avahi-core's lists: questions of usual types about our names.
    package let isPlain: Bool
    /// In a query: the name of ours that somebody is about to claim, too (section 8.2).
    package let contested: OwnRecord.Subject?

    /// Size of the largest packet, without headers of IP and UDP: RFC 6762, section 17, has 9000
    /// with them.
    package static let bytesMax = 8972
    /// Packets of 1500 bytes from a network with thousands of services have up to some 90.
    package static let entriesMax = 128
    package static let weightMax = 8192
    /// Of one entry, beside its texts.
    static let entryWeight = 32

    /// - Parameters:
    ///   - bytes: as much of the datagram as fits into `bytesMax`.
    ///   - size: of all of it.
    ///   - port: that it came from.
    ///   - own: what avahi-core announces.
    package init(_ bytes: Span<UInt8>, size: Int, port: UInt16, own: [OwnRecord]) {
        var inspector = PacketInspector(port: port, own: own)
        let effect: Effect
        if size > Self.bytesMax || size > bytes.count {
            effect = .none(.tooLarge)
        } else {
            effect = inspector.inspect(bytes)
        }
        self.effect = effect
        entries = inspector.entries
        weight = inspector.weight
        isPlain = inspector.isPlain
        contested = inspector.contested
    }

    /// Of multicast DNS.
    package static let port: UInt16 = 5353
}
