internal import CShims.Linux

// Text as bytes of valid UTF-8. What counts as a blank is what `str.isspace()` of Python says,
// since its ConfigParser defines the files (mandos.conf(5)).
extension Span<UInt8> {
    /// A copy. Not for what may be secret.
    var string: String {
        unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Without blanks at either end.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var range = range
        while !range.isEmpty, let length = blank(at: range.lowerBound) {
            range = range.lowerBound + length..<range.upperBound
        }
        return trimmedAtEnd(range)
    }

    /// Without blanks at its end.
    func trimmedAtEnd(_ range: Range<Int>) -> Range<Int> {
        var range = range
        while !range.isEmpty, let length = blank(endingAt: range.upperBound, from: range.lowerBound)
        {
            range = range.lowerBound..<range.upperBound - length
        }
        return range
    }

    /// The number of bytes of the blank that starts at `index`; nil if none does.
    func blank(at index: Int) -> Int? {
        switch self[index] {
        case 9...13, 0x1C...0x20: 1
        case 0xC2: self[index + 1] == 0x85 || self[index + 1] == 0xA0 ? 2 : nil
        case 0xE1...0xE3: isWideBlank(at: index) ? 3 : nil
        default: nil
        }
    }

    private func blank(endingAt end: Int, from start: Int) -> Int? {
        if self[end - 1] < 0x80 { return blank(at: end - 1) }
        for length in 2...3 where end - start >= length {
            if self[end - length] >= 0xC0 {
                return blank(at: end - length) == length ? length : nil
            }
        }
        return nil
    }

    /// U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000
    private func isWideBlank(at index: Int) -> Bool {
        switch (self[index], self[index + 1], self[index + 2]) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9),
            (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
            true
        default: false
        }
    }

    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        unsafe extracting(range).withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress,
                let found = unsafe memchr(start, CInt(byte), buffer.count)
            else { return nil }
            return unsafe range.lowerBound + (UnsafeRawPointer(found) - UnsafeRawPointer(start))
        }
    }

    func contains(_ byte: UInt8) -> Bool { firstIndex(of: byte, in: indices) != nil }

    /// Without regard to the case of ASCII letters.
    func matches(_ lowercase: StaticString) -> Bool {
        guard lowercase.utf8CodeUnitCount == count else { return false }
        return lowercase.withUTF8Buffer { buffer in
            for index in indices {
                let expected = unsafe buffer[index]
                if self[index].asciiLowercased != expected { return false }
            }
            return true
        }
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }

    var asciiUppercased: UInt8 {
        self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self & 0xDF : self
    }
}
