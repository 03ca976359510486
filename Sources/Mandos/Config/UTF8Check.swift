/// Whether bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// Where the first byte is that does not belong; nil if all of it is UTF-8. O(n)
    static func firstInvalidByte(of text: Span<UInt8>) -> Int? {
        var index = 0
        while index < text.count {
            if isASCII(in: text, at: index) {
                index += 8
            } else if text[index] < 0x80 {
                index += 1
            } else {
                guard let length = sequenceLength(in: text, at: index) else { return index }
                index += length
            }
        }
        return nil
    }

    /// Whether the next eight bytes are.
    private static func isASCII(in text: Span<UInt8>, at index: Int) -> Bool {
        guard text.count - index >= 8 else { return false }
        let word = unsafe text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        return word & 0x8080_8080_8080_8080 == 0
    }

    private static func sequenceLength(in text: Span<UInt8>, at index: Int) -> Int? {
        guard let (length, second) = expectation(after: text[index]),
            index + length <= text.count, second.contains(text[index + 1])
        else { return nil }
        for offset in 2..<max(length, 2) where text[index + offset] & 0xC0 != 0x80 { return nil }
        return length
    }

    /// How long a sequence is, and what its second byte may be (RFC 3629, section 4).
    private static func expectation(after first: UInt8) -> (Int, ClosedRange<UInt8>)? {
        switch first {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }
}
