extension ClientName {
    /// Whether its path has always been what it is, also with other servers: nothing in it needs to
    /// be escaped.
    package var isPlain: Bool { objectPathElement != nil }

    /// The name as it stands in an object path: what `objectPathElement` says, or else with each
    /// byte that cannot be there as `_` and two hexadecimal digits. Other names may have the same.
    package var pathElement: String {
        if let element = objectPathElement { return element }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: "."), UInt8(ascii: "-"):
                bytes.append(UInt8(ascii: "_"))
            default:
                bytes += [UInt8(ascii: "_"), Self.digit(byte >> 4), Self.digit(byte & 15)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 16 hexadecimal digits that other names hardly have (FNV-1a, 64 bits).
    package var fingerprint: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = (0..<16).reversed().map {
            Self.digit(UInt8(truncatingIfNeeded: hash >> (4 * $0)) & 15)
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
