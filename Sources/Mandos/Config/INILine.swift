/// One line of a file, cut into what the grammar needs.
struct INILine {
    /// Counted from 1.
    let number: Int
    /// Without blanks at either end, and without the line end.
    let content: Range<Int>
    /// Characters before the content.
    let indentation: Int
    /// Where the following line starts.
    let next: Int

    /// A line ends with LF, CR LF or CR, or with the file.
    init(in text: Span<UInt8>, at start: Int, number: Int) {
        let end = Self.end(in: text, from: start)
        let isCRLF =
            end + 1 < text.count && text[end] == UInt8(ascii: "\r")
            && text[end + 1] == UInt8(ascii: "\n")
        next = end + (isCRLF ? 2 : end < text.count ? 1 : 0)

        var first = start
        var indentation = 0
        while first < end, let length = text.blank(at: first) {
            first += length
            indentation += 1
        }
        self.number = number
        self.indentation = indentation
        content = text.trimmedAtEnd(first..<end)
    }

    /// In steps, so that a line costs as much as it is long, whatever follows it.
    private static func end(in text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count {
            let step = index..<min(index + 256, text.count)
            let lineFeed = text.firstIndex(of: UInt8(ascii: "\n"), in: step) ?? step.upperBound
            let end = text.firstIndex(of: UInt8(ascii: "\r"), in: index..<lineFeed) ?? lineFeed
            if end < step.upperBound { return end }
            index = end
        }
        return text.count
    }

    /// `#` and `;` start one only at the start of the content.
    func isComment(in text: Span<UInt8>) -> Bool {
        guard let first = content.first else { return false }
        return text[first] == UInt8(ascii: "#") || text[first] == UInt8(ascii: ";")
    }
}
