/// What `--help` and usage errors print, made from the option table. Lines fit into 80 columns.
package struct Usage {
    private static let columnsMax = 79
    private static let summaryColumn = 24

    /// Name of the program, without its directory.
    package let program: String

    package init(program: String) { self.program = program }

    /// `usage: mandos [-h] [-v] [-i IF] …`, wrapped, with a line feed at the end.
    package var summary: String {
        let start = "usage: \(program)"
        let indentation = Self.spaces(start.utf8.count)
        var text = ""
        var line = start
        for entry in OptionTable.entries {
            let word = "[\(entry.shortForm ?? entry.longForm)\(Self.value(of: entry))]"
            if line.utf8.count + 1 + word.utf8.count > Self.columnsMax {
                text += line + "\n"
                line = indentation
            }
            line += " " + word
        }
        return text + line + "\n"
    }

    /// The summary, and one entry for every option.
    package var help: String {
        var text = summary + "\nSends pre-encrypted disk passwords to known machines that boot.\n\n"
        for entry in OptionTable.entries {
            var left = "  " + (entry.shortForm.map { $0 + ", " } ?? "    ") + entry.longForm
            left += Self.value(of: entry)
            let gap = Self.summaryColumn - left.utf8.count
            text += left + (gap > 0 ? Self.spaces(gap) : "\n" + Self.spaces(Self.summaryColumn))
            text += entry.summary.description + "\n"
        }
        return text + "\nSee mandos(8) for all of it.\n"
    }

    private static func value(of entry: OptionEntry) -> String {
        entry.placeholder.map { " " + $0.description } ?? ""
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
