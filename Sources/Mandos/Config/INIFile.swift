/// A parsed configuration file, with the only copy of its text, which is wiped when it is let go:
/// clients.conf holds secrets. Values are kept as places in that text.
package final class INIFile {
    /// As the operator knows it.
    package let name: String
    /// Sections other than `[DEFAULT]`, in the order of the file.
    let sections: [Section]
    /// What all sections inherit, sorted by name.
    let defaults: [Option]

    private let text: SensitiveBytes
    private let names: [ININame: UInt32]
    /// Of all sections one after the other, those of a section sorted by name.
    private let options: [Option]

    struct Section {
        let title: Range<UInt32>
        let line: UInt32
        let options: Range<Int>
    }

    /// One option as it is written: neither joined nor expanded.
    struct Option {
        /// Which name. Equal names have equal numbers within one file.
        let name: UInt32
        /// Where the option starts, counted from 1.
        let line: UInt32
        /// From the first to the last line of the value; what is in between is not yet trimmed.
        var value: Range<UInt32>
        var hasManyLines = false
        var hasPercentSign = false
    }

    /// Takes over `text` and parses it.
    ///
    /// - Throws: everything that the grammar forbids, if anything.
    package init(_ text: consuming SensitiveBytes, name: String) throws(ConfigErrors) {
        var parser = INIParser(file: name)
        text.withSpan { parser.parse($0) }
        if !parser.errors.isEmpty { throw ConfigErrors(parser.errors) }
        self.name = name
        self.text = text
        sections = parser.sections
        defaults = parser.defaults.sorted { $0.name < $1.name }
        options = parser.options
        names = parser.names
    }

    /// nil if the file does not have such a name anywhere.
    func number(of name: ININame) -> UInt32? { names[name] }

    /// Of all names in the file.
    var numbers: [ININame: UInt32] { names }

    /// Those of `[DEFAULT]` first, with nil as the section.
    func forEachOption(_ body: (Option, Section?) -> Void) {
        for option in defaults { body(option, nil) }
        for section in sections {
            for option in options(of: section) { body(option, section) }
        }
    }

    func title(ofHolder section: Section?) -> String { section.map { title(of: $0) } ?? "DEFAULT" }

    func options(of section: Section) -> ArraySlice<Option> { options[section.options] }

    /// Whether `section` itself has such an option, instead of inheriting it.
    func hasOption(_ name: UInt32, _ section: Section) -> Bool {
        Self.find(name, in: options[section.options]) != nil
    }

    /// O(n), for messages.
    func name(of option: Option) -> ININame? { names.first { $0.value == option.name }?.key }

    /// The option of that name in `section`, or else the inherited one. O(log n)
    func option(_ name: UInt32, in section: Section?) -> Option? {
        if let section, let own = Self.find(name, in: options[section.options]) { return own }
        return Self.find(name, in: defaults[...])
    }

    func title(of section: Section) -> String {
        text.withSpan { $0.extracting(Range(section.title)).string }
    }

    /// Lends the value: its lines trimmed, without comments, joined by line feeds.
    func withValue<Result, Failure: Error>(
        of option: Option, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try text.withSpan { text throws(Failure) in
            let value = text.extracting(Range(option.value))
            guard option.hasManyLines else { return try body(value) }
            return try Self.joined(value).withSpan(body)
        }
    }

    /// The line of the file on which the byte at `offset` of the value stands.
    func line(ofOffset offset: Int, in option: Option) -> Int {
        text.withSpan { text in
            var passed = 0
            var line = INILine(in: text, at: Int(option.value.lowerBound), number: Int(option.line))
            while true {
                if !line.isComment(in: text) || line.number == Int(option.line) {
                    passed += line.content.count + 1
                }
                if passed > offset || line.next >= Int(option.value.upperBound) {
                    return line.number
                }
                line = INILine(in: text, at: line.next, number: line.number + 1)
            }
        }
    }

    private static func joined(_ value: Span<UInt8>) -> SensitiveBytes {
        var joined = SensitiveBytes(capacity: value.count)
        var line = INILine(in: value, at: 0, number: 1)
        joined.append(value.extracting(line.content))
        while line.next < value.count {
            line = INILine(in: value, at: line.next, number: line.number + 1)
            if line.isComment(in: value) { continue }
            joined.append(UInt8(ascii: "\n"))
            joined.append(value.extracting(line.content))
        }
        return joined
    }

    private static func find(_ name: UInt32, in options: ArraySlice<Option>) -> Option? {
        var low = options.startIndex
        var high = options.endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if options[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < options.endIndex && options[low].name == name ? options[low] : nil
    }
}

extension Range<Int> {
    init(_ range: Range<UInt32>) { self = Int(range.lowerBound)..<Int(range.upperBound) }
}

extension Range<UInt32> {
    init(_ range: Range<Int>) { self = UInt32(range.lowerBound)..<UInt32(range.upperBound) }
}
