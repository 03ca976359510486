/// The name under which the addresses of this host are announced: one label of a domain name.
enum HostLabel {
    /// RFC 1035, section 2.3.4.
    private static let bytesMax = 63

    /// `HOST-mandos-0123abcd`. The last part is random, so that nobody else has that name: not the
    /// mDNS daemon of this host, whose own name must stay its own, and not a clone of this machine.
    static func make(host: String, random: UInt32) -> String {
        let suffix = Array("-mandos-\(hexadecimal(random))".utf8)
        var label: [UInt8] = []
        for byte in host.utf8.prefix(while: { $0 != UInt8(ascii: ".") }) {
            if isLetterOrDigit(byte) {
                label.append(byte)
            } else if let last = label.last, last != UInt8(ascii: "-") {
                label.append(UInt8(ascii: "-"))
            }
        }
        label = Array(label.prefix(bytesMax - suffix.count))
        while label.last == UInt8(ascii: "-") { label.removeLast() }
        let text = label.isEmpty ? Array(suffix.dropFirst()) : label + suffix
        return String(decoding: text, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Eight digits.
    static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}
