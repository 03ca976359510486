/// SHA-256 of a raw public key (DER of its SubjectPublicKeyInfo), by which a client is known.
package struct KeyID: Hashable, Sendable {
    /// Big-endian: the first byte is the most significant of the first word.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// What broken client tools of version 1.8.0 produce: the hash of no bytes at all. Whoever
    /// shows or claims it is nobody.
    package static let ofNothing = KeyID(
        words: (
            0xE3B0_C442_98FC_1C14, 0x9AFB_F4C8_996F_B924,
            0x27AE_41E4_649B_934C, 0xA495_991B_7852_B855
        ))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// nil unless there are exactly 32 bytes.
    package init?(bytes: Span<UInt8>) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 {
            var word: UInt64 = 0
            for offset in 0..<8 { word = word << 8 | UInt64(bytes[8 * index + offset]) }
            return word
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// 64 hexadecimal digits of either case, with any spaces between them; nil for all else.
    package init?(hex: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for byte in hex.utf8 where byte != UInt8(ascii: " ") {
            guard let digit = Hexadecimal.value(byte), bytes.count < 32 else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { return nil }
        self.init(bytes: bytes.span)
    }

    /// 32 of them.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    /// 64 digits, upper case.
    package var hex: String { Hexadecimal.text(words) }

    package static func == (left: KeyID, right: KeyID) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
