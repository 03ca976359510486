/// The words of a line of the revocation log. Each value has one form only, so that a word which was
/// changed into another form of the same value is found, too.
enum LogWords {
    static func split(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    }

    static func number(_ word: ArraySlice<UInt8>) -> Int64? {
        let text = String(decoding: word, as: UTF8.self)
        guard let number = Int64(text), "\(number)" == text else { return nil }
        return number
    }

    /// Of exactly 16 digits, upper case.
    static func hexadecimal(_ word: ArraySlice<UInt8>) -> UInt64? {
        guard word.count == 16 else { return nil }
        var value: UInt64 = 0
        for byte in word {
            guard let digit = Hexadecimal.value(byte) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return word.elementsEqual(digits(value).utf8) ? value : nil
    }

    static func digits(_ value: UInt64) -> String {
        Hexadecimal.text((value, 0, 0, 0), digits: 16)
    }

    /// - Returns: nil for a word that is none; a nil in it for “-”.
    static func optional<Value>(
        _ word: ArraySlice<UInt8>, _ parse: (ArraySlice<UInt8>) -> Value?
    ) -> Value?? {
        if word.elementsEqual("-".utf8) { return .some(nil) }
        guard let value = parse(word) else { return nil }
        return .some(value)
    }

    /// Text as one word: bytes other than letters, digits, “.”, “-” and “_” as “%” and two digits;
    /// “%” alone for no text, “%2D” for “-”.
    static func written(_ text: String) -> String {
        if text.isEmpty { return "%" }
        var bytes: [UInt8] = []
        let isDash = text.utf8.elementsEqual("-".utf8)
        for byte in text.utf8 {
            if isPlain(byte), !isDash {
                bytes.append(byte)
            } else {
                bytes += [
                    UInt8(ascii: "%"), Hexadecimal.digit(byte >> 4), Hexadecimal.digit(byte & 15),
                ]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func text(_ word: ArraySlice<UInt8>) -> String? {
        if word.elementsEqual("%".utf8) { return "" }
        var bytes: [UInt8] = []
        var rest = word
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                guard isPlain(byte) else { return nil }
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap({ Hexadecimal.value($0) }),
                let low = rest.popFirst().flatMap({ Hexadecimal.value($0) })
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
