/// The command of a checker as a client keeps it, expanded every time that it is run.
package struct CheckerTemplate: Equatable {
    /// As on D-Bus: `%(host)s` stands for a value, `%%` for a percent sign.
    package let text: String

    package init(_ text: String) { self.text = text }

    /// The command for `/bin/sh -c`. Each value is quoted for the shell, whatever it contains.
    ///
    /// - Parameter value: the text of a variable, nil where there is none, such as the object path
    ///   when D-Bus is not used.
    package func command(
        _ value: (CheckerVariable) -> String?
    ) throws(CheckerTemplateError) -> String {
        var command = ""
        var rest = text.utf8[...]
        while let sign = rest.firstIndex(of: UInt8(ascii: "%")) {
            command += Substring(rest[..<sign])
            rest = rest[sign...].dropFirst()
            if rest.first == UInt8(ascii: "%") {
                command += "%"
                rest = rest.dropFirst()
            } else {
                command += ShellQuoting.quoted(try replacement(at: sign, &rest, value))
            }
        }
        command += Substring(rest)
        guard !command.utf8.contains(0) else { throw .containsNUL }
        return command
    }

    /// Takes `(name)s` from the start of `rest`.
    private func replacement(
        at sign: String.Index, _ rest: inout Substring.UTF8View,
        _ value: (CheckerVariable) -> String?
    ) throws(CheckerTemplateError) -> String {
        guard rest.first == UInt8(ascii: "("), let end = rest.firstIndex(of: UInt8(ascii: ")"))
        else {
            throw .malformed(offset: text.utf8.distance(from: text.startIndex, to: sign))
        }
        let name = String(Substring(rest[rest.startIndex..<end].dropFirst()))
        rest = rest[end...].dropFirst()
        guard rest.first == UInt8(ascii: "s") else { throw .wrongConversion(name: name) }
        rest = rest.dropFirst()
        guard let variable = CheckerVariable(rawValue: name), let text = value(variable) else {
            throw .unknownName(name)
        }
        return text
    }
}
