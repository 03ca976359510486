/// One line of the option table: how an option is written, and what it is for.
package struct OptionEntry: Sendable {
    package let name: OptionName
    /// Without the two hyphens.
    package let long: StaticString
    /// The one-letter form in ASCII, without its hyphen.
    package let letter: UInt8?
    /// How usage and manual page call the value; nil when the option takes none.
    package let placeholder: StaticString?
    /// What the option does, for `--help`. One line, no full stop.
    package let summary: StaticString

    init(
        _ name: OptionName, _ long: StaticString, letter: Unicode.Scalar? = nil,
        takes placeholder: StaticString? = nil, _ summary: StaticString
    ) {
        self.name = name
        self.long = long
        self.letter = letter.map { UInt8(truncatingIfNeeded: $0.value) }
        self.placeholder = placeholder
        self.summary = summary
    }

    /// `--port`
    package var longForm: String { "--" + long.description }

    /// `-p`
    package var shortForm: String? { letter.map { "-" + String(Unicode.Scalar($0)) } }

    /// `-p/--port`: all spellings, as error messages name the option.
    var spellings: String { (shortForm.map { $0 + "/" } ?? "") + longForm }
}
