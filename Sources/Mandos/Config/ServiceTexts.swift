/// What is told of a service besides where it is: strings `key=value`, or `key` alone (RFC 6763,
/// section 6).
enum ServiceTexts {
    static let form =
        "strings such as site=oslo, one a line, each of at most 255 bytes, all of at most 1300"

    /// Length bytes included, more does not fit into one packet (RFC 6763, section 6.2).
    private static let bytesMax = 1300

    /// One on each line that is not empty. nil if there is one without a key, or too much of them.
    static func parse(_ text: Span<UInt8>) -> [[UInt8]]? {
        var texts: [[UInt8]] = []
        var line: [UInt8] = []
        for index in 0...text.count {
            if index < text.count, text[index] != UInt8(ascii: "\n") {
                line.append(text[index])
            } else if !line.isEmpty {
                guard isValid(line) else { return nil }
                texts.append(line)
                line = []
            }
        }
        return texts.reduce(0) { $0 + $1.count + 1 } <= bytesMax ? texts : nil
    }

    private static func isValid(_ text: [UInt8]) -> Bool {
        let key = text.prefix { $0 != UInt8(ascii: "=") }
        return text.count <= 255 && !key.isEmpty && key.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
