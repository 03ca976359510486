@testable import Mandos

/// Messages as texts, to be compared.
enum BusText {
    /// All values that are left to read, such as `"a" 5 {"x": <true>}`.
    static func values(_ message: BusMessage) -> String {
        (try? read(message).joined(separator: " ")) ?? "malformed"
    }

    /// Such as `/clients/a se.recompile.Mandos.Client.GotSecret()`.
    static func signal(_ message: BusMessage) -> String {
        "\(message.path) \(message.interface ?? "").\(message.member)(\(values(message)))"
    }

    private static func read(_ message: BusMessage) throws(BusError) -> [String] {
        var values: [String] = []
        while let (type, contents) = try message.next() {
            values.append(try value(message, type, contents))
        }
        return values
    }

    private static func value(
        _ message: BusMessage, _ type: BusType, _ contents: String
    ) throws(BusError) -> String {
        switch type {
        case .byte: "\(try message.readByte())"
        case .boolean: "\(try message.readBoolean())"
        case .int16: "\(try message.readInt16())"
        case .uint16: "\(try message.readUInt16())"
        case .int32: "\(try message.readInt32())"
        case .uint32: "\(try message.readUInt32())"
        case .int64: "\(try message.readInt64())"
        case .uint64: "\(try message.readUInt64())"
        case .double: "\(try message.readDouble())"
        case .string: "\"\(try message.readString())\""
        case .objectPath, .signature: try message.readString(type)
        case .array where contents.hasPrefix("{"):
            "{\(try inside(message, type, contents).joined(separator: ", "))}"
        case .array, .structure:
            "[\(try inside(message, type, contents).joined(separator: ", "))]"
        case .variant: "<\(try inside(message, type, contents).joined())>"
        case .dictionaryEntry: try inside(message, type, contents).joined(separator: ": ")
        }
    }

    private static func inside(
        _ message: BusMessage, _ type: BusType, _ contents: String
    ) throws(BusError) -> [String] {
        try message.enter(type, contents)
        let values = try read(message)
        try message.leave()
        return values
    }
}
