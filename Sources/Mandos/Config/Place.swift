/// Where in a configuration file something is written.
package struct Place: Equatable {
    /// Name of the file as the operator knows it, e.g. `clients.conf`.
    package let file: String
    /// Counted from 1.
    package let line: Int
    package let section: String?
    package let key: String?

    package init(file: String, line: Int, section: String? = nil, key: String? = nil) {
        self.file = file
        self.line = line
        self.section = section
        self.key = key
    }

    /// `clients.conf:12: [sundin] timeout`, the form that editors can jump to.
    package var text: String {
        var text = "\(file):\(line):"
        if let section { text += " [\(section)]" }
        if let key { text += " \(key)" }
        return text
    }
}
