/// How a text out of a file appears in a message: short, on one line, and free of control
/// characters.
enum Quotation {
    /// Enough to recognise what was written. A secret that has slipped into the wrong place is
    /// longer than this, so most of it stays untold.
    static let bytesMax = 32

    /// The first line of `text` between quotation marks; an ellipsis stands for all that follows.
    static func quoted(_ text: Span<UInt8>) -> String {
        var end = 0
        while end < text.count, end < bytesMax, text[end] != UInt8(ascii: "\n") { end += 1 }
        while end > 0, end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        let rest = end < text.count ? "…" : ""
        return "“\(printable(text.extracting(0..<end).string))\(rest)”"
    }

    /// Whether it has the form of a path from the root or from a home directory, and of no secret: a
    /// component as long as a line of base64 is none.
    static func isPath(_ text: Span<UInt8>) -> Bool {
        guard let first = text.isEmpty ? nil : text[0],
            first == UInt8(ascii: "/") || first == UInt8(ascii: "~") || first == UInt8(ascii: "$")
        else { return false }
        var length = 0
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "/"): length = 0
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "$"), UInt8(ascii: "{"),
                UInt8(ascii: "}"):
                length += 1
            default: return false
            }
            if length > componentBytesMax { return false }
        }
        return true
    }

    private static let componentBytesMax = 40

    /// `text` with every control character as `\u{…}`, so that it cannot forge a line of a log.
    static func printable(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var printable = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                printable += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                printable.unicodeScalars.append(scalar)
            }
        }
        return printable
    }
}
