/// Expands `$NAME` and `${NAME}`, and then `~` or `~user` at the start, as `os.path` of Python
/// does: what has no value stays as it is (mandos-clients.conf(5), `secfile`).
struct PathExpansion {
    let lookup: any PathLookup

    func expand(_ path: String) -> String { expandHome(expandVariables(path)) }

    private func expandVariables(_ path: String) -> String {
        var expanded = ""
        var rest = path[...]
        while let sign = rest.utf8.firstIndex(of: UInt8(ascii: "$")) {
            expanded += rest[..<sign]
            rest = rest[sign...]
            guard let (name, end) = Self.reference(in: rest) else {
                expanded += "$"
                rest = rest.dropFirstByte()
                continue
            }
            expanded += lookup.variable(name) ?? String(rest[..<end])
            rest = rest[end...]
        }
        return expanded + rest
    }

    /// The name in the reference with which `text` starts, and where the reference ends.
    private static func reference(in text: Substring) -> (name: String, end: String.Index)? {
        let inside = text.dropFirstByte()
        guard inside.utf8.first == UInt8(ascii: "{") else {
            let name = inside.utf8.prefix(while: Self.isNameByte)
            return name.isEmpty ? nil : (String(Substring(name)), name.endIndex)
        }
        let braced = inside.dropFirstByte()
        guard let brace = braced.utf8.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        return (String(braced[..<brace]), braced.utf8.index(after: brace))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func expandHome(_ path: String) -> String {
        guard path.utf8.first == UInt8(ascii: "~") else { return path }
        let end = path.utf8.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
        let user = String(path[..<end].dropFirstByte())
        let home =
            user.isEmpty
            ? lookup.variable("HOME") ?? lookup.homeDirectory(of: nil)
            : lookup.homeDirectory(of: user)
        guard var home = home?[...] else { return path }
        while home.utf8.last == UInt8(ascii: "/") {
            home = home[..<home.utf8.index(before: home.endIndex)]
        }
        let expanded = home + path[end...]
        return expanded.isEmpty ? "/" : String(expanded)
    }
}

extension Substring {
    fileprivate func dropFirstByte() -> Substring { Substring(utf8.dropFirst()) }
}
