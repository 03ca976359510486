/// Makes a text fit to be one line of a log.
package enum LogText {
    /// Longer texts are cut, in bytes. Log daemons take at least this (RFC 5424, section 6.1, asks
    /// for 2048), and a peer cannot fill the log with a few lines.
    package static let bytesMax = 4096

    private static let ellipsis: [UInt8] = Array("…".utf8)

    /// The text with control characters escaped: as `\n`, `\r`, `\t`, `\x1b`, `\u202e`.
    ///
    /// Escaped are C0 and C1 controls, DEL, and the Unicode characters that break lines or turn the
    /// direction of writing. A backslash stays as it is.
    package static func sanitized(_ text: String) -> String {
        if text.utf8.count <= bytesMax, text.utf8.allSatisfy(isPlain) { return text }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let before = bytes.count
            append(scalar, to: &bytes)
            if bytes.count > bytesMax - ellipsis.count {
                bytes.removeLast(bytes.count - before)
                return String(decoding: bytes + ellipsis, as: UTF8.self)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }

    private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar.value {
        case 0x0A: bytes += "\\n".utf8
        case 0x0D: bytes += "\\r".utf8
        case 0x09: bytes += "\\t".utf8
        case 0x00..<0x20, 0x7F..<0xA0:
            bytes += "\\x".utf8
            appendHexadecimal(scalar.value, digits: 2, to: &bytes)
        case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
            bytes += "\\u".utf8
            appendHexadecimal(scalar.value, digits: 4, to: &bytes)
        default: bytes += String(scalar).utf8
        }
    }

    private static func appendHexadecimal(_ value: UInt32, digits: UInt32, to bytes: inout [UInt8])
    {
        for digit in (0..<digits).reversed() {
            let nibble = UInt8(truncatingIfNeeded: value >> (4 * digit) & 0xF)
            bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }
}
