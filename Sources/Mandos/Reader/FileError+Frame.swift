/// How an error travels from the reader to the server.
extension FileError {
    static let encodedCount = 9

    /// A number for the case, and its value.
    var encoded: [UInt8] {
        let (kind, value): (UInt8, Int) =
            switch self {
            case .system(let code): (0, Int(code))
            case .notRegular: (1, 0)
            case .tooLarge(let bytesMax): (2, bytesMax)
            }
        return [kind] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }

    /// nil if it is none.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.encodedCount else { return nil }
        var value = 0
        for index in 1..<Self.encodedCount { value = value << 8 | Int(bytes[index]) }
        switch bytes[0] {
        case 0:
            guard let code = Int32(exactly: value), code > 0 else { return nil }
            self = .system(code: code)
        case 1 where value == 0: self = .notRegular
        case 2 where value > 0: self = .tooLarge(bytesMax: value)
        default: return nil
        }
    }
}
