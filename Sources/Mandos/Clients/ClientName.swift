/// The name of a configured client: its section of clients.conf. Any text, compared byte by byte.
package struct ClientName: Hashable, Comparable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// What follows `/clients/` in the path of its D-Bus object: the name with `.` and `-` replaced
    /// by `_`. nil if that is no part of a valid object path (D-Bus specification, “Valid Object
    /// Paths”): only ASCII letters, digits and `_`, and `/` only between them.
    package var objectPathElement: String? {
        var element: [UInt8] = []
        element.reserveCapacity(text.utf8.count)
        var last = UInt8(ascii: "/")
        for byte in text.utf8 {
            let mapped = Self.mapped(byte)
            guard Self.isAllowed(mapped, after: last) else { return nil }
            element.append(mapped)
            last = mapped
        }
        return last == UInt8(ascii: "/") ? nil : String(decoding: element, as: UTF8.self)
    }

    private static func mapped(_ byte: UInt8) -> UInt8 {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte
    }

    private static func isAllowed(_ byte: UInt8, after last: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        case UInt8(ascii: "/"): last != UInt8(ascii: "/")
        default: false
        }
    }

    // Not those of String, for which two texts that merely look the same are equal.

    package static func == (left: ClientName, right: ClientName) -> Bool {
        left.text.utf8.count == right.text.utf8.count
            && left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: ClientName, right: ClientName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
