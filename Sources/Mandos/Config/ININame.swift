/// The name of an option: in lower case, compared byte by byte.
struct ININame: Hashable {
    let utf8: [UInt8]

    init(_ text: StaticString) {
        utf8 = text.withUTF8Buffer { unsafe [UInt8]($0) }
    }

    /// Letters other than those of ASCII cost more: Unicode says what their lower case is.
    init(lowercasing text: Span<UInt8>) {
        var isASCII = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
            for index in text.indices {
                isASCII = isASCII && text[index] < 0x80
                unsafe buffer[index] = text[index].asciiLowercased
            }
            count = text.count
        }
        utf8 = isASCII ? bytes : [UInt8](text.string.lowercased().utf8)
    }

    /// nil if it does not look like the name of an option: it may then be a line of a secret that
    /// is not indented, and is not to be repeated in a message.
    var plausibleText: String? {
        let isPlausible = utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
            default: false
            }
        }
        return isPlausible && utf8.count <= 24 ? String(decoding: utf8, as: UTF8.self) : nil
    }

    static func == (left: ININame, right: ININame) -> Bool { left.utf8 == right.utf8 }

    func hash(into hasher: inout Hasher) {
        unsafe utf8.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
