/// A domain name as it is sent (RFC 1035, section 3.1), uncompressed and in lower case, with the
/// last zero. Used again for one name after the other, so that reading allocates nothing.
struct WireName {
    private(set) var bytes: [UInt8] = []
    /// Characters that it has as a text with escapes, which is the form that avahi-core works on.
    private(set) var textLength = 0

    /// RFC 1035, section 2.3.4.
    private static let bytesMax = 255
    private static let labelBytesMax = 63
    /// Of labels and pointers; avahi-core gives up at as many.
    private static let stepsMax = 127

    /// Of a DNS message; no name can point into it.
    static let headerBytes = 12

    init() { bytes.reserveCapacity(Self.bytesMax) }

    /// - Parameter labels: at most 63 bytes each.
    static func joining(_ labels: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            bytes.append(UInt8(min(label.count, labelBytesMax)))
            for byte in label.prefix(labelBytesMax) { bytes.append(lowercase(byte)) }
        }
        return bytes + [0]
    }

    /// Reads the name at `start`, which may be compressed (RFC 1035, section 4.1.4).
    ///
    /// - Returns: where the next field begins; nil if there is no such name, or one that avahi-core
    ///   would not take. Pointers lead back only.
    mutating func read(_ packet: Span<UInt8>, at start: Int) -> Int? {
        bytes.removeAll(keepingCapacity: true)
        textLength = 0
        var position = start
        var end: Int?
        for _ in 0..<Self.stepsMax {
            guard position < packet.count else { return nil }
            let length = Int(packet[position])
            switch length {
            case 0:
                bytes.append(0)
                return end ?? position + 1
            case 1...Self.labelBytesMax:
                let next = position + 1 + length
                guard next <= packet.count, bytes.count + length + 2 <= Self.bytesMax else {
                    return nil
                }
                append(packet, position + 1..<next)
                position = next
            case 0xc0...0xff:
                guard position + 1 < packet.count else { return nil }
                let target = (length & 0x3f) << 8 | Int(packet[position + 1])
                guard target >= Self.headerBytes, target < position else { return nil }
                end = end ?? position + 2
                position = target
            default: return nil
            }
        }
        return nil
    }

    private mutating func append(_ packet: Span<UInt8>, _ label: Range<Int>) {
        bytes.append(UInt8(label.count))
        textLength += 1
        for index in label {
            let byte = packet[index]
            bytes.append(Self.lowercase(byte))
            textLength += Self.escapedLength(byte)
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    /// As a letter, `\.` or `\032`.
    private static func escapedLength(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"): 2
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            1
        default: 4
        }
    }
}
