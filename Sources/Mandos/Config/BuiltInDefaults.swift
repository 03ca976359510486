/// Options that have a value although no file says so, in the notation of the file.
struct BuiltInDefaults {
    private let entries: [(name: StaticString, value: StaticString)]

    init(_ entries: [(name: StaticString, value: StaticString)]) { self.entries = entries }

    var names: [String] { entries.map { $0.name.description } }

    func value(of name: Span<UInt8>) -> StaticString? {
        for entry in entries where name.matches(entry.name) { return entry.value }
        return nil
    }
}
