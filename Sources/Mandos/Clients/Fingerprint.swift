/// The fingerprint of an OpenPGP key, as it is shown. 40 hexadecimal digits, which it has whenever it is
/// one (RFC 4880, section 12.2), take 20 bytes; what else clients.conf may say is kept as it is.
package struct Fingerprint: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        case digits(UInt64, UInt64, UInt32)
        case other(String)
    }

    private let storage: Storage

    /// - Parameter text: without spaces, upper case.
    package init(_ text: String) {
        storage = Self.packed(text) ?? .other(text)
    }

    package var text: String {
        switch storage {
        case .other(let text): text
        case .digits(let first, let second, let third):
            Hexadecimal.text((first, second, UInt64(third) << 32, 0), digits: 40)
        }
    }

    package var isEmpty: Bool {
        if case .other(let text) = storage { return text.isEmpty }
        return false
    }

    private static func packed(_ text: String) -> Storage? {
        guard text.utf8.count == 40 else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for byte in text.utf8 {
            let isLower = byte >= UInt8(ascii: "a")
            guard !isLower, let digit = Hexadecimal.value(byte) else { return nil }
            words.0 = words.0 << 4 | words.1 >> 60
            words.1 = words.1 << 4 | words.2 >> 28 & 15
            words.2 = (words.2 << 4 | UInt64(digit)) & 0xFFFF_FFFF
        }
        return .digits(words.0, words.1, UInt32(words.2))
    }
}
