/// Base64 as lenient as `binascii.a2b_base64` of Python, which is how clients.conf has always been
/// read: bytes outside the alphabet are skipped, and all after complete padding is ignored.
enum Base64 {
    /// The value of each byte as a digit (RFC 4648, section 4), or `noDigit`.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: noDigit, count: 256)
        let ranges = [
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+")...UInt8(ascii: "+"),
            UInt8(ascii: "/")...UInt8(ascii: "/"),
        ]
        var value: UInt8 = 0
        for range in ranges {
            for byte in range {
                values[Int(byte)] = value
                value += 1
            }
        }
        return values
    }()

    private static let noDigit: UInt8 = 0xFF

    /// nil if the padding is missing or a lone digit is left over.
    static func decode(_ text: Span<UInt8>) -> SensitiveBytes? {
        let bytesMax = text.count / 4 * 3 + 3
        var output = SensitiveBytes(capacity: bytesMax)
        var isComplete = false
        unsafe output.append(atLeast: bytesMax) { buffer in
            var memory = unsafe buffer.mutableBytes
            return decode(text, into: &memory, isComplete: &isComplete)
        }
        if isComplete { return output }
        return nil
    }

    /// Returns the number of bytes decoded.
    private static func decode(
        _ text: Span<UInt8>, into output: inout MutableRawSpan, isComplete: inout Bool
    ) -> Int {
        let table = Self.values
        let values = table.span
        var count = 0
        var digits = 0  // of the current group of four
        var padding = 0
        var bits: UInt32 = 0  // of all digits of the group
        for index in text.indices {
            let value = values[Int(text[index])]
            if value == noDigit {
                guard text[index] == UInt8(ascii: "="), digits >= 2 else { continue }
                padding += 1
                if digits + padding < 4 { continue }
                isComplete = true
                return count
            }
            padding = 0
            bits = bits << 6 | UInt32(value)
            if digits > 0 {
                // Two, four or six bits of the digit are left for the next byte.
                let byte = UInt8(truncatingIfNeeded: bits >> UInt32(6 - 2 * digits))
                output.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
                count += 1
            }
            digits = (digits + 1) & 3
        }
        isComplete = digits == 0
        return count
    }
}
