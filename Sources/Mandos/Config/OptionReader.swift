/// Reads the options of one section as values, and collects what is wrong with them.
struct OptionReader {
    let scope: INIScope
    /// Of the section, as messages name it.
    let title: String
    private(set) var errors: [ConfigError] = []

    init(scope: INIScope, title: String) {
        self.scope = scope
        self.title = title
    }

    /// The value of `key`, expanded. nil if it has none, or none that `convert` accepts: then an
    /// error says that `form` was expected, and what was found.
    mutating func value<Value>(
        of key: INIScope.Key, as form: String, _ convert: (Span<UInt8>) -> Value?
    ) -> Value? {
        guard let value = expanded(key, convert) else { return nil }
        if value == nil { reject(key, "expected \(form), found \(quotation(of: key))") }
        return value
    }

    /// The expanded value of `key` as `convert` makes it; nil if there is none, or if it cannot be
    /// expanded.
    mutating func expanded<Value>(
        _ key: INIScope.Key, _ convert: (Span<UInt8>) -> Value
    ) -> Value? {
        guard let value = scope[key] else { return nil }
        do throws(InterpolationError) {
            return try scope.withExpanded(value, convert)
        } catch {
            if case .written(let option) = value { report(error, in: option) }
            return nil
        }
    }

    mutating func boolean(_ key: INIScope.Key) -> Bool? {
        value(of: key, as: BooleanText.form) { BooleanText.parse($0) }
    }

    mutating func duration(_ key: INIScope.Key) -> Duration? {
        value(of: key, as: DurationText.form) { DurationText.parse($0) }
    }

    /// Any text that C can take. The value is kept: not for secrets.
    mutating func text(_ key: INIScope.Key) -> String? {
        value(of: key, as: "text without NUL bytes", Self.text)
    }

    /// The same, of the value as it is written.
    mutating func rawText(_ key: INIScope.Key) -> String? {
        guard let value = scope[key] else { return nil }
        let text = scope.withRaw(value) { Self.text($0) }
        if text == nil { reject(key, "expected text without NUL bytes") }
        return text
    }

    /// The value of `key` as it is written; otherwise like `value(of:as:_:)`.
    mutating func rawValue<Value>(
        of key: INIScope.Key, as form: String, _ convert: (Span<UInt8>) -> Value?
    ) -> Value? {
        guard let written = scope[key] else { return nil }
        let value = scope.withRaw(written, convert)
        if value == nil { reject(key, "expected \(form), found \(quotation(of: key))") }
        return value
    }

    private static func text(_ value: Span<UInt8>) -> String? {
        value.contains(0) ? nil : value.string
    }

    /// For what is wrong with an option, or would be if it were there.
    mutating func reject(_ key: INIScope.Key, _ problem: String) {
        errors.append(ConfigError(place: place(of: key), problem: problem))
    }

    /// For what is wrong with the section as a whole.
    mutating func reject(_ problem: String) {
        let place = Place(
            file: scope.file.name, line: Int(scope.section?.line ?? 0), section: title)
        errors.append(ConfigError(place: place, problem: problem))
    }

    /// Expands every option that the section has or inherits, also those that nobody reads.
    mutating func checkReferences() {
        if let section = scope.section {
            for option in scope.file.options(of: section) { checkReferences(in: option) }
        }
        for option in scope.file.defaults where !isOwn(option) { checkReferences(in: option) }
    }

    private mutating func checkReferences(in option: INIFile.Option) {
        guard option.hasPercentSign else { return }
        do throws(InterpolationError) {
            try scope.withExpanded(.written(option)) { _ in }
        } catch {
            report(error, in: option)
        }
    }

    /// Each time that it is read, so `ClientsFile` tells equal errors once.
    private mutating func report(_ error: InterpolationError, in option: INIFile.Option) {
        let line = scope.file.line(ofOffset: error.offset, in: option)
        let name = scope.file.name(of: option)?.plausibleText
        let place = Place(
            file: scope.file.name, line: line, section: isOwn(option) ? title : "DEFAULT", key: name
        )
        errors.append(ConfigError(place: place, problem: error.problem))
    }

    /// Whether a file says it.
    func isWritten(_ key: INIScope.Key) -> Bool {
        if case .written = scope[key] { true } else { false }
    }

    /// An inherited option is the fault of `[DEFAULT]`.
    func place(of key: INIScope.Key) -> Place {
        guard case .written(let option) = scope[key] else {
            return Place(
                file: scope.file.name, line: Int(scope.section?.line ?? 0), section: title,
                key: key.text)
        }
        return Place(
            file: scope.file.name, line: Int(option.line),
            section: isOwn(option) ? title : "DEFAULT",
            key: key.text)
    }

    /// Whether the section itself has such an option, instead of inheriting it.
    private func isOwn(_ option: INIFile.Option) -> Bool {
        guard let section = scope.section else { return false }
        return scope.file.hasOption(option.name, section)
    }

    /// Of an option beside which a secret is written: repeated only if it is nothing but a path.
    func pathQuotation(of key: INIScope.Key) -> String {
        guard let value = scope[key] else { return "nothing" }
        return scope.withRaw(value) { text in
            text.isEmpty
                ? "nothing"
                : Quotation.isPath(text)
                    ? Quotation.quoted(text) : "a text that is not repeated, as it may be a secret"
        }
    }

    /// As it is written, because an expanded value may contain that of any option.
    func quotation(of key: INIScope.Key) -> String {
        guard let value = scope[key] else { return "nothing" }
        return scope.withRaw(value) { $0.isEmpty ? "nothing" : Quotation.quoted($0) }
    }
}
