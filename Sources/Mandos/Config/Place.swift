/// Where in a configuration file something is written.
package struct Place: Hashable {
    /// Name of the file as the operator knows it, e.g. `clients.conf`, or of a command line option.
    package let file: String
    /// Counted from 1. 0 when it is not about a line.
    package let line: Int
    package let section: String?
    package let key: String?

    package init(file: String, line: Int = 0, section: String? = nil, key: String? = nil) {
        self.file = file
        self.line = line
        self.section = section
        self.key = key
    }

    /// `clients.conf:12: [sundin] timeout:`, the form that editors can jump to.
    package var text: String {
        var text = line == 0 ? "\(file):" : "\(file):\(line):"
        if let section { text += " [\(Quotation.printable(section))]" }
        if let key { text += " \(Quotation.printable(key))" }
        if section != nil || key != nil { text += ":" }
        return text
    }
}
