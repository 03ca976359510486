extension Span<UInt8> {
    func isEqual(to text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { other in
            indices.allSatisfy { unsafe self[$0] == other[$0] }
        }
    }

    /// Whether it is UTF-8 of characters up to U+00FF. Not for what is not UTF-8.
    var isLatin1: Bool { indices.allSatisfy { self[$0] < 0xC4 } }

    /// Each character as one byte. Not for what is not `isLatin1`.
    var latin1Bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices {
            let byte = self[index]
            if byte < 0x80 {
                bytes.append(byte)
            } else if byte < 0xC0 {
                bytes[bytes.count - 1] |= byte & 0x3F
            } else {
                bytes.append(byte << 6)
            }
        }
        return bytes
    }
}
