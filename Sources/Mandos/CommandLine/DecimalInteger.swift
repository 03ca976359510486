extension UInt8 {
    /// `0` to `9` in ASCII.
    var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// Space, tab, line feed, vertical tab, form feed, carriage return.
    var isASCIIBlank: Bool { self == UInt8(ascii: " ") || (self >= 9 && self <= 13) }
}

/// An integer as an operator may write it, on the command line and in mandos.conf.
package enum DecimalInteger {
    /// Decimal digits, with an optional sign, blanks around, and single `_` between digits.
    ///
    /// - Returns: nil for any other text, and for a number that does not fit.
    package static func parse(_ text: String) -> Int? {
        var bytes = text.utf8.drop { $0.isASCIIBlank }
        while let last = bytes.last, last.isASCIIBlank { bytes.removeLast() }
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        return digits(bytes, isNegative: isNegative)
    }

    private static func digits(_ bytes: Substring.UTF8View, isNegative: Bool) -> Int? {
        var value = 0
        var followsDigit = false
        for byte in bytes {
            if byte == UInt8(ascii: "_"), followsDigit {
                followsDigit = false
                continue
            }
            guard byte.isASCIIDigit else { return nil }
            let digit = Int(byte - UInt8(ascii: "0"))
            let (shifted, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
            if isTooLong || isTooLarge { return nil }
            value = sum
            followsDigit = true
        }
        return followsDigit ? value : nil
    }
}
