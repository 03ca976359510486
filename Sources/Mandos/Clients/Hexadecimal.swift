/// Numbers as hexadecimal digits, and back.
enum Hexadecimal {
    /// All digits of `words`, the most significant first, or as many of them as `count`; upper case.
    static func text(
        _ words: (UInt64, UInt64, UInt64, UInt64), digits count: Int = 64
    ) -> String {
        unsafe String(unsafeUninitializedCapacity: count) { bytes in
            for index in 0..<count {
                let word =
                    switch index / 16 {
                    case 0: words.0
                    case 1: words.1
                    case 2: words.2
                    default: words.3
                    }
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16))) & 15
                unsafe bytes[index] = Self.digit(digit)
            }
            return count
        }
    }

    /// The digit of a value below 16; upper case.
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// The value of a digit of either case; nil for all else.
    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
