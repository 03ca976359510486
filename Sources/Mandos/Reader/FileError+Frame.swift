/// How an error travels from the reader to the server: a number for the case, its value, and the path
/// of a refusal.
extension FileError {
    static let encodedCountMax = 9 + Frame.pathBytesMax

    var encoded: [UInt8] {
        switch self {
        case .system(let code): Self.encode(0, Int(code))
        case .notRegular: Self.encode(1, 0)
        case .tooLarge(let bytesMax): Self.encode(2, bytesMax)
        case .madeByKernel: Self.encode(3, 0)
        case .refused(let refusal): Self.encode(refusal)
        }
    }

    private static func encode(_ refusal: FileRefusal) -> [UInt8] {
        let number =
            switch refusal.cause {
            case .owner(let user): encode(4, Int(user))
            case .group(let group): encode(5, Int(group))
            case .everybody: encode(6, 0)
            case .shared: encode(7, 0)
            }
        return number + Array(refusal.path.utf8.prefix(Frame.pathBytesMax))
    }

    private static func encode(_ kind: UInt8, _ value: Int) -> [UInt8] {
        [kind] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }

    /// nil if it is none.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 9 else { return nil }
        var value = 0
        for index in 1..<9 { value = value << 8 | Int(bytes[index]) }
        let path = bytes.extracting(9..<bytes.count)
        guard
            let error = path.isEmpty
                ? Self.plain(bytes[0], value) : Self.refusal(bytes[0], value, path)
        else { return nil }
        self = error
    }

    private static func plain(_ kind: UInt8, _ value: Int) -> FileError? {
        switch kind {
        case 0:
            guard let code = Int32(exactly: value), code > 0 else { return nil }
            return .system(code: code)
        case 1 where value == 0: return .notRegular
        case 2 where value > 0: return .tooLarge(bytesMax: value)
        case 3 where value == 0: return .madeByKernel
        default: return nil
        }
    }

    private static func refusal(
        _ kind: UInt8, _ value: Int, _ path: Span<UInt8>
    ) -> FileError? {
        guard let id = UInt32(exactly: value) else { return nil }
        let cause: FileRefusal.Cause
        switch kind {
        case 4: cause = .owner(id)
        case 5: cause = .group(id)
        case 6 where id == 0: cause = .everybody
        case 7 where id == 0: cause = .shared
        default: return nil
        }
        return .refused(FileRefusal(path.string, cause))
    }
}
