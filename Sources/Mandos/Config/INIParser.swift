/// The grammar of mandos.conf(5) and mandos-clients.conf(5): that of Python's ConfigParser in its
/// strict mode. Goes on after an error, so that one run reports them all.
struct INIParser {
    private(set) var errors: [ConfigError] = []
    private(set) var sections: [INIFile.Section] = []
    private(set) var defaults: [INIFile.Option] = []
    private(set) var options: [INIFile.Option] = []
    private(set) var names: [ININame: UInt32] = [:]

    /// Larger files are refused: offsets have 32 bits, and no honest file comes near.
    static let fileBytesMax = 1 << 30

    private let file: String
    private var section = CurrentSection.none
    private var option = CurrentOption.none
    /// Indentation of the line that started what a deeper line would continue.
    private var indentation = 0
    private var titles: [ClientName: Int] = [:]
    private var pending: [INIFile.Option] = []
    /// For each name, where it was last seen in `[DEFAULT]`, and where else.
    private var lastSeen: [(inDefaults: UInt32, elsewhere: UInt32)] = []

    private enum CurrentSection {
        case none
        /// Lines before the first header, after the first of them has been reported.
        case missing
        case defaults
        case named(title: Range<UInt32>, line: UInt32)
    }

    private enum CurrentOption {
        case none
        case recorded
        /// It was refused. Its further lines are part of the same mistake.
        case refused
    }

    init(file: String) { self.file = file }

    mutating func parse(_ text: Span<UInt8>) {
        guard isText(text) else { return }
        var line = INILine(in: text, at: 0, number: 1)
        take(line, text)
        while line.next < text.count {
            line = INILine(in: text, at: line.next, number: line.number + 1)
            take(line, text)
        }
        finishSection()
    }

    private mutating func isText(_ text: Span<UInt8>) -> Bool {
        if text.count > Self.fileBytesMax {
            report(at: 0, "the file is larger than a GiB")
        } else if let index = UTF8Check.firstInvalidByte(of: text) {
            report(at: Self.lineNumber(of: index, in: text), "expected UTF-8, found another byte")
        } else if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
            report(at: 1, "expected text, found a byte-order mark")
        } else {
            return true
        }
        return false
    }

    private mutating func take(_ line: INILine, _ text: Span<UInt8>) {
        if line.content.isEmpty || line.isComment(in: text) { return }
        if line.indentation > indentation, continueOption(with: line, text) { return }
        indentation = line.indentation
        if let title = Self.title(in: line, text) {
            startSection(title, line, text)
        } else {
            startOption(line, text)
        }
    }

    /// False if there is nothing that `line` could continue.
    private mutating func continueOption(with line: INILine, _ text: Span<UInt8>) -> Bool {
        switch option {
        case .none: return false
        case .refused: return true
        case .recorded: break
        }
        if case .defaults = section {
            Self.extend(&defaults[defaults.count - 1], with: line, text)
        } else {
            Self.extend(&pending[pending.count - 1], with: line, text)
        }
        return true
    }

    private static func extend(
        _ option: inout INIFile.Option, with line: INILine, _ text: Span<UInt8>
    ) {
        option.value = option.value.lowerBound..<UInt32(line.content.upperBound)
        option.hasManyLines = true
        option.hasPercentSign =
            option.hasPercentSign || text.firstIndex(of: UInt8(ascii: "%"), in: line.content) != nil
    }
}

// Sections
extension INIParser {
    /// What stands between `[` and the last `]`, at least one byte; nil if `line` is no header.
    /// What follows the bracket is ignored.
    private static func title(in line: INILine, _ text: Span<UInt8>) -> Range<Int>? {
        guard text[line.content.lowerBound] == UInt8(ascii: "[") else { return nil }
        let first = line.content.lowerBound + 1
        var end = line.content.upperBound - 1
        while end > first {
            if text[end] == UInt8(ascii: "]") { return first..<end }
            end -= 1
        }
        return nil
    }

    private mutating func startSection(_ title: Range<Int>, _ line: INILine, _ text: Span<UInt8>) {
        finishSection()
        option = .none
        let name = ClientName(text.extracting(title).string)
        if name == ClientName("DEFAULT") {
            section = .defaults
            return
        }
        section = .named(title: Range(title), line: UInt32(line.number))
        if let first = titles.updateValue(line.number, forKey: name) {
            titles[name] = first
            let place = Place(file: file, line: line.number, section: name.text)
            errors.append(ConfigError(place: place, problem: "section repeated from line \(first)"))
        }
    }

    private mutating func finishSection() {
        guard case .named(let title, let line) = section else { return }
        let start = options.count
        pending.sort { $0.name < $1.name }
        options += pending
        pending.removeAll(keepingCapacity: true)
        sections.append(.init(title: title, line: line, options: start..<options.count))
    }
}

// Options
extension INIParser {
    private mutating func startOption(_ line: INILine, _ text: Span<UInt8>) {
        option = .refused
        switch section {
        case .missing: return
        case .none:
            section = .missing
            return report(at: line.number, "expected a section header such as [DEFAULT]")
        case .defaults, .named: break
        }
        guard let delimiter = Self.delimiter(in: line, text) else {
            let isOpen =
                text[line.content.lowerBound] == UInt8(ascii: "[")
                && text.firstIndex(of: UInt8(ascii: "]"), in: line.content) == nil
            return report(
                at: line.number,
                isOpen
                    ? "expected a section header such as [name], found no “]”"
                    : "expected “option = value”", text)
        }
        let key = text.trimmedAtEnd(line.content.lowerBound..<delimiter)
        if key.isEmpty {
            return report(
                at: line.number, "expected the name of an option before the delimiter", text)
        }
        let name = ININame(lowercasing: text.extracting(key))
        let number = intern(name)
        if let first = markSeen(number, at: UInt32(line.number)) {
            let place = Place(
                file: file, line: line.number, section: sectionTitle(text), key: name.plausibleText)
            errors.append(ConfigError(place: place, problem: "option repeated from line \(first)"))
        } else {
            record(number, text.trimmed(delimiter + 1..<line.content.upperBound), line, text)
        }
    }

    /// Whichever comes first.
    private static func delimiter(in line: INILine, _ text: Span<UInt8>) -> Int? {
        for index in line.content
        where text[index] == UInt8(ascii: "=") || text[index] == UInt8(ascii: ":") {
            return index
        }
        return nil
    }

    private mutating func intern(_ name: ININame) -> UInt32 {
        if let number = names[name] { return number }
        let number = UInt32(names.count)
        names[name] = number
        lastSeen.append((0, 0))
        return number
    }

    /// The line where this section already has an option of that name; nil if it has none.
    private mutating func markSeen(_ name: UInt32, at line: UInt32) -> UInt32? {
        switch section {
        case .none, .missing: return nil
        case .defaults:
            let last = lastSeen[Int(name)].inDefaults
            if last != 0 { return last }
            lastSeen[Int(name)].inDefaults = line
        case .named(_, let start):
            let last = lastSeen[Int(name)].elsewhere
            if last > start { return last }
            lastSeen[Int(name)].elsewhere = line
        }
        return nil
    }

    private mutating func record(
        _ name: UInt32, _ value: Range<Int>, _ line: INILine, _ text: Span<UInt8>
    ) {
        var recorded = INIFile.Option(name: name, line: UInt32(line.number), value: Range(value))
        recorded.hasPercentSign = text.firstIndex(of: UInt8(ascii: "%"), in: value) != nil
        if case .defaults = section { defaults.append(recorded) } else { pending.append(recorded) }
        option = .recorded
    }
}

// Errors
extension INIParser {
    /// Does not repeat what the line says: it may be part of a secret.
    private mutating func report(at line: Int, _ problem: String) {
        errors.append(ConfigError(place: Place(file: file, line: line), problem: problem))
    }

    private mutating func report(at line: Int, _ problem: String, _ text: Span<UInt8>) {
        let place = Place(file: file, line: line, section: sectionTitle(text))
        errors.append(ConfigError(place: place, problem: problem))
    }

    private func sectionTitle(_ text: Span<UInt8>) -> String? {
        switch section {
        case .none, .missing: nil
        case .defaults: "DEFAULT"
        case .named(let title, _): text.extracting(Range(title)).string
        }
    }

    private static func lineNumber(of index: Int, in text: Span<UInt8>) -> Int {
        var line = INILine(in: text, at: 0, number: 1)
        while line.next <= index {
            line = INILine(in: text, at: line.next, number: line.number + 1)
        }
        return line.number
    }
}
