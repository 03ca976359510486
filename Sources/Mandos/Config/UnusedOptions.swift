/// Options of a file that neither the server knows nor any `%(name)s` of the file refers to: most
/// likely a slip, such as `enabld = no`. The grammar permits them (mandos-clients.conf(5)).
struct UnusedOptions {
    /// More are only counted.
    static let notesMax = 20

    private let file: INIFile
    /// By number of the name.
    private var first: [UInt32: (option: INIFile.Option, title: String, count: Int)] = [:]

    /// - Parameter known: names that mean something in this file.
    init(of file: INIFile, known: [String]) {
        self.file = file
        var unknown = file.numbers
        for name in known { unknown[ININame(lowercasing: Array(name.utf8).span)] = nil }
        guard !unknown.isEmpty else { return }
        var numbers = Set(unknown.values)
        file.forEachOption { option, _ in
            guard option.hasPercentSign else { return }
            for name in Self.references(in: option, of: file) {
                if let number = unknown[name] { numbers.remove(number) }
            }
        }
        guard !numbers.isEmpty else { return }
        file.forEachOption { option, section in
            guard numbers.contains(option.name) else { return }
            if let known = first[option.name] {
                let isEarlier = option.line < known.option.line
                first[option.name] = (
                    isEarlier ? option : known.option,
                    isEarlier ? file.title(ofHolder: section) : known.title, known.count + 1
                )
            } else {
                first[option.name] = (option, file.title(ofHolder: section), 1)
            }
        }
    }

    /// One for each name, in the order of the file. A name that may be a line of a secret is not
    /// repeated.
    var notes: [ConfigError] {
        let found = first.values.sorted { $0.option.line < $1.option.line }
        var notes = found.prefix(Self.notesMax).map { entry in
            let more = entry.count > 1 ? " (\(entry.count) times in the file)" : ""
            return ConfigError(
                place: Place(
                    file: file.name, line: Int(entry.option.line), section: entry.title,
                    key: file.name(of: entry.option)?.plausibleText),
                problem:
                    "there is no such option, and nothing refers to it: it has no effect\(more)")
        }
        let rest = found.count - Self.notesMax
        if rest > 0 {
            notes.append(
                ConfigError(
                    place: Place(file: file.name),
                    problem: "\(rest) more names of options that do not exist"))
        }
        return notes
    }

    /// The names between `%(` and `)`, read at the start or by a checker.
    private static func references(in option: INIFile.Option, of file: INIFile) -> [ININame] {
        file.withValue(of: option) { text in
            var names: [ININame] = []
            var index = 0
            while index + 1 < text.count {
                if text[index] == UInt8(ascii: "%"), text[index + 1] == UInt8(ascii: "(") {
                    var end = index + 2
                    while end < text.count, text[end] != UInt8(ascii: ")") { end += 1 }
                    if end < text.count {
                        names.append(ININame(lowercasing: text.extracting(index + 2..<end)))
                    }
                    index = end
                }
                index += 1
            }
            return names
        }
    }
}
