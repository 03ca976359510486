internal import CShims.Bus

/// The value of a property, of one of the types that properties have here.
enum PropertyValue: Equatable {
    case boolean(Bool)
    case int16(Int16)
    case uint16(UInt16)
    case uint64(UInt64)
    case string(String)
    case objectPath(String)
    case objectPaths([String])
}

extension PropertyValue {
    /// What it takes in a message as an entry whose name has so many bytes (D-Bus specification,
    /// “Marshaling (Wire Format)”).
    fileprivate func entryBytes(_ nameBytes: Int) -> Int {
        // The length of the name, its end, and the signature of the variant: 4 + 1 + 3.
        let start = 8 + nameBytes
        let end =
            switch self {
            case .boolean: start.aligned(4) + 4
            case .int16, .uint16: start.aligned(2) + 2
            case .uint64: start.aligned(8) + 8
            case .string(let text), .objectPath(let text): start.aligned(4) + 5 + text.utf8.count
            case .objectPaths(let paths):
                paths.reduce((start + 1).aligned(4) + 4) { $0.aligned(4) + 5 + $1.utf8.count }
            }
        return end.aligned(8)
    }
}

extension Int {
    fileprivate func aligned(_ unit: Int) -> Int { (self + unit - 1) / unit * unit }
}

extension BusMessage {
    /// Appends `name` and `value` as an entry of an `a{sv}`.
    func append(_ name: StaticString, _ value: PropertyValue) {
        entryBytes += value.entryBytes(name.utf8CodeUnitCount)
        switch value {
        case .boolean(let value):
            var number: CInt = value ? 1 : 0
            unsafe appendEntry(name, .boolean, &number)
        case .int16(var value): unsafe appendEntry(name, .int16, &value)
        case .uint16(var value): unsafe appendEntry(name, .uint16, &value)
        case .uint64(var value): unsafe appendEntry(name, .uint64, &value)
        case .string(let text):
            unsafe text.withCString { unsafe appendEntry(name, .string, $0) }
        case .objectPath(let path):
            unsafe path.withCString { unsafe appendEntry(name, .objectPath, $0) }
        case .objectPaths:
            append(.dictionaryEntry, "sv") {
                append(name)
                append(variant: value)
            }
        }
    }

    private func appendEntry(_ name: StaticString, _ type: BusType, _ value: UnsafeRawPointer) {
        unsafe name.withCString {
            note(unsafe cshim_bus_append_entry(message, $0, type.code, value))
        }
    }

    /// Appends `value` as a variant.
    func append(variant value: PropertyValue) {
        switch value {
        case .boolean(let value): append(.variant, "b") { append(value) }
        case .int16(let value): append(.variant, "n") { append(value) }
        case .uint16(let value): append(.variant, "q") { append(value) }
        case .uint64(let value): append(.variant, "t") { append(value) }
        case .string(let text): append(.variant, "s") { append(text) }
        case .objectPath(let path): append(.variant, "o") { append(path, as: .objectPath) }
        case .objectPaths(let paths):
            append(.variant, "ao") {
                append(.array, "o") { for path in paths { append(path, as: .objectPath) } }
            }
        }
    }
}
