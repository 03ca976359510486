/// Durations of the configuration files (mandos-clients.conf(5)): those of RFC 3339, appendix A,
/// and the older form, `1d 12h`.
enum DurationText {
    static let form = "a duration such as PT5M"

    /// As many as Python's timedelta holds; more is an error.
    static let secondsMax: Int64 = 1_000_000_000 * 86_400 - 1

    /// nil if it is neither form, negative, or longer than 999 999 999 days and some hours.
    static func parse(_ text: Span<UInt8>) -> Duration? {
        let seconds = standard(text) ?? words(text)
        guard let seconds, (0...secondsMax).contains(seconds) else { return nil }
        return .seconds(seconds)
    }

    private struct Unit {
        let letter: UInt8
        let seconds: Int64

        init(_ letter: Unicode.Scalar, _ seconds: Int64) {
            self.letter = UInt8(ascii: letter)
            self.seconds = seconds
        }
    }

    /// `P1Y2M3DT4H5M6S` or `P1W`. A unit is followed by the next smaller one or by nothing; the
    /// time follows days or stands alone. A year has 52 weeks, a month four.
    private static func standard(_ text: Span<UInt8>) -> Int64? {
        guard text.count >= 3, text[0] == UInt8(ascii: "P") else { return nil }
        let date = [Unit("Y", 364 * 86_400), Unit("M", 28 * 86_400), Unit("D", 86_400)]
        let time = [Unit("H", 3_600), Unit("M", 60), Unit("S", 1)]
        if text[1] == UInt8(ascii: "T") {
            return sequence(text.extracting(2..<text.count), of: time)
        }
        if text[text.count - 1] == UInt8(ascii: "W") {
            return sequence(text.extracting(1..<text.count), of: [Unit("W", 7 * 86_400)])
        }
        guard let separator = text.firstIndex(of: UInt8(ascii: "T"), in: text.indices) else {
            return sequence(text.extracting(1..<text.count), of: date)
        }
        guard text[separator - 1] == UInt8(ascii: "D"),
            let days = sequence(text.extracting(1..<separator), of: date),
            let rest = sequence(text.extracting(separator + 1..<text.count), of: time)
        else { return nil }
        return sum(days, rest)
    }

    /// One or more numbers, each with its unit, none left out between the first and the last.
    private static func sequence(_ text: Span<UInt8>, of units: [Unit]) -> Int64? {
        guard !text.isEmpty else { return nil }
        var total: Int64 = 0
        var index = 0
        var expected: Int?
        while index < text.count {
            guard let number = digits(text, at: &index), index < text.count,
                let unit = units.firstIndex(where: { $0.letter == text[index] }),
                unit == expected ?? unit
            else { return nil }
            total = sum(total, product(number, units[unit].seconds))
            expected = unit + 1
            index += 1
        }
        return total
    }

    private static func digits(_ text: Span<UInt8>, at index: inout Int) -> Int64? {
        let start = index
        var number: Int64 = 0
        while index < text.count, text[index].isASCIIDigit {
            number = sum(product(number, 10), Int64(text[index] - UInt8(ascii: "0")))
            index += 1
        }
        return index > start ? number : nil
    }

    /// Words such as `5m` or `-1d`, between blanks. None at all are zero.
    private static func words(_ text: Span<UInt8>) -> Int64? {
        var total: Int64 = 0
        var index = 0
        while index < text.count {
            if let blank = text.blank(at: index) {
                index += blank
                continue
            }
            let start = index
            while index < text.count, text.blank(at: index) == nil { index += 1 }
            guard let word = word(text.extracting(start..<index)) else { return nil }
            total = sum(total, word)
        }
        return total
    }

    private static func word(_ word: Span<UInt8>) -> Int64? {
        guard let number = DecimalInteger.parse(word.extracting(0..<word.count - 1).string) else {
            return nil
        }
        let seconds: Int64
        switch word[word.count - 1] {
        case UInt8(ascii: "d"): seconds = 86_400
        case UInt8(ascii: "s"): seconds = 1
        case UInt8(ascii: "m"): seconds = 60
        case UInt8(ascii: "h"): seconds = 3_600
        case UInt8(ascii: "w"): seconds = 7 * 86_400
        default: return nil
        }
        return product(Int64(number), seconds)
    }

    // Clamped: what is too large stays too large.

    private static func product(_ left: Int64, _ right: Int64) -> Int64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? (left < 0 ? .min : .max) : product
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (left < 0 ? .min : .max) : sum
    }
}
