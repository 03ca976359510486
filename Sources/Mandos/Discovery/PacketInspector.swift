/// Reads one packet from its beginning to its end; see `MulticastPacket`. Costs as much as the packet
/// is long, times the number of our records.
struct PacketInspector {
    private let port: UInt16
    private let own: [OwnRecord]
    private var name = WireName()
    private var position = WireName.headerBytes
    private(set) var entries = 0
    private(set) var weight = 0
    private(set) var isPlain = false
    private(set) var contested: OwnRecord.Subject?

    private var asksUs = false
    private var wantsUnicast = false
    private var conflict: OwnRecord.Subject?
    private var hasCorrection = false
    /// It says what we say ourselves, which would keep avahi-core from saying so.
    private var hasEcho = false

    private static let isResponse: UInt16 = 0x8000
    /// OPCODE and RCODE, which are zero (RFC 6762, sections 18.3 and 18.11).
    private static let codes: UInt16 = 0x780f
    private static let internetClass: UInt16 = 1
    private static let anyClass: UInt16 = 255
    private static let anyType: UInt16 = 255
    /// The highest bit of a class has a meaning of its own (sections 10.2 and 18.12).
    private static let classMask: UInt16 = 0x7fff
    private static let plainQuestionsMax = 4

    init(port: UInt16, own: [OwnRecord]) {
        self.port = port
        self.own = own
    }

    mutating func inspect(_ packet: Span<UInt8>) -> MulticastPacket.Effect {
        guard packet.count >= WireName.headerBytes else { return .none(.malformed) }
        let flags = Self.number(packet, 2)
        guard flags & Self.codes == 0 else { return .none(.malformed) }
        return flags & Self.isResponse != 0 ? inspectResponse(packet) : inspectQuery(packet)
    }

    private mutating func inspectQuery(_ packet: Span<UInt8>) -> MulticastPacket.Effect {
        let (questions, answers, authorities) = (
            Self.count(packet, 4), Self.count(packet, 6), Self.count(packet, 8)
        )
        let isLegacy = port != MulticastPacket.port
        entries = questions + answers + authorities
        guard entries <= MulticastPacket.entriesMax else { return .none(.tooLarge) }
        if isLegacy, answers + authorities > 0 { return .none(.malformed) }
        var ours = 0
        for _ in 0..<questions {
            guard let isOurs = readQuestion(packet) else { return .none(.malformed) }
            if isOurs { ours += 1 }
        }
        for index in 0..<answers + authorities {
            guard readRecord(packet, isProbe: index >= answers) else { return .none(.malformed) }
        }
        guard weight <= MulticastPacket.weightMax else { return .none(.tooLarge) }
        // Known answers may be sent in a packet of its own (RFC 6762, section 7.2).
        asksUs = ours > 0 || contested != nil || (questions == 0 && hasEcho)
        guard asksUs else { return .none(.foreign) }
        isPlain = ours == entries && ours <= Self.plainQuestionsMax
        if isLegacy { return .query(.legacy) }
        return .query(wantsUnicast ? .unicast : .multicast)
    }

    private mutating func inspectResponse(_ packet: Span<UInt8>) -> MulticastPacket.Effect {
        entries = Self.count(packet, 6) + Self.count(packet, 10)
        guard Self.count(packet, 4) == 0, Self.count(packet, 6) > 0, Self.count(packet, 8) == 0,
            port == MulticastPacket.port
        else { return .none(.malformed) }
        guard entries <= MulticastPacket.entriesMax else { return .none(.tooLarge) }
        for _ in 0..<entries {
            guard readAnswer(packet) else { return .none(.malformed) }
            guard weight <= MulticastPacket.weightMax else { return .none(.tooLarge) }
        }
        guard conflict != nil || hasCorrection else { return .none(.foreign) }
        if let conflict { return .conflict(conflict) }
        return hasEcho ? .none(.foreign) : .correction
    }

    /// - Returns: whether it is about a record of ours; nil if there is no question.
    private mutating func readQuestion(_ packet: Span<UInt8>) -> Bool? {
        guard let end = name.read(packet, at: position), end + 4 <= packet.count else { return nil }
        let type = Self.number(packet, end)
        let whole = Self.number(packet, end + 2)
        let category = whole & Self.classMask
        position = end + 4
        weight += MulticastPacket.entryWeight + name.textLength
        guard category == Self.internetClass || category == Self.anyClass else { return false }
        for record in own where type == Self.anyType || type == record.kind.rawValue {
            guard record.name == name.bytes else { continue }
            if whole != category { wantsUnicast = true }
            return true
        }
        return false
    }

    /// A record in a query: an answer that is known, or one that somebody is about to announce.
    private mutating func readRecord(_ packet: Span<UInt8>, isProbe: Bool) -> Bool {
        guard let record = nextRecord(packet) else { return false }
        switch record {
        case .foreign: break
        case .same: if !isProbe { hasEcho = true }
        case .correctable: break
        case .different(let subject): if isProbe { contested = subject }
        }
        return true
    }

    private mutating func readAnswer(_ packet: Span<UInt8>) -> Bool {
        guard let record = nextRecord(packet) else { return false }
        switch record {
        case .foreign: break
        case .same: hasEcho = true
        case .correctable: hasCorrection = true
        case .different(let subject): conflict = conflict ?? subject
        }
        return true
    }

    private enum Comparison {
        case foreign
        /// As ours.
        case same
        /// Takes ours back, or shortens or replaces it, though it stays valid: avahi-core says it
        /// again.
        case correctable
        /// Of a name that is ours alone.
        case different(OwnRecord.Subject)
    }

    private mutating func nextRecord(_ packet: Span<UInt8>) -> Comparison? {
        guard let end = name.read(packet, at: position), end + 10 <= packet.count else {
            return nil
        }
        let type = Self.number(packet, end)
        let category = Self.number(packet, end + 2)
        let timeToLive =
            UInt32(Self.number(packet, end + 4)) << 16
            | UInt32(Self.number(packet, end + 6))
        let data = end + 10..<end + 10 + Self.count(packet, end + 8)
        guard data.upperBound <= packet.count else { return nil }
        position = data.upperBound
        weight += MulticastPacket.entryWeight + name.textLength
        var comparison = Comparison.foreign
        if category & Self.classMask == Self.internetClass {
            let replaces = category & ~Self.classMask != 0
            comparison = compare(packet, type, timeToLive, data, replaces: replaces)
        }
        guard let length = dataLength(packet, type, data) else { return nil }
        weight += length
        return comparison
    }

    private mutating func compare(
        _ packet: Span<UInt8>, _ type: UInt16, _ timeToLive: UInt32, _ data: Range<Int>,
        replaces: Bool
    ) -> Comparison {
        guard own.contains(where: { $0.kind.rawValue == type && $0.name == name.bytes }) else {
            return .foreign
        }
        let owner = name.bytes
        let value = canonical(packet, type, data)
        var subject: OwnRecord.Subject?
        for record in own where record.kind.rawValue == type && record.name == owner {
            if record.data == value {
                return timeToLive <= record.timeToLive / 2 ? .correctable : .same
            }
            subject = subject ?? record.subject
        }
        guard timeToLive > 0 else { return .foreign }
        return subject.map { .different($0) } ?? (replaces ? .correctable : .foreign)
    }

    /// The data with names uncompressed and in lower case.
    private mutating func canonical(
        _ packet: Span<UInt8>, _ type: UInt16, _ data: Range<Int>
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        var start = data.lowerBound
        let prefix = Self.namePosition(type)
        let end = prefix.map { min(start + $0, data.upperBound) } ?? data.upperBound
        while start < end {
            bytes.append(packet[start])
            start += 1
        }
        if prefix != nil, name.read(packet, at: start) != nil { bytes += name.bytes }
        return bytes
    }

    /// How long the data is as a text; nil if it is not what its type says, for avahi-core.
    private mutating func dataLength(
        _ packet: Span<UInt8>, _ type: UInt16, _ data: Range<Int>
    ) -> Int? {
        guard let prefix = Self.namePosition(type) else { return data.count }
        guard data.count > prefix,
            name.read(packet, at: data.lowerBound + prefix) == data.upperBound
        else { return nil }
        return prefix + name.textLength
    }

    /// Bytes before the name that ends the data of NS, CNAME, PTR and SRV; nil for other types.
    private static func namePosition(_ type: UInt16) -> Int? {
        switch type {
        case 2, 5, 12: 0
        case 33: 6
        default: nil
        }
    }

    private static func number(_ packet: Span<UInt8>, _ at: Int) -> UInt16 {
        UInt16(packet[at]) << 8 | UInt16(packet[at + 1])
    }

    private static func count(_ packet: Span<UInt8>, _ at: Int) -> Int { Int(number(packet, at)) }
}
