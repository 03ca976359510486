/// One message between the server and its configuration reader: what it is, how long it is, and
/// that many bytes.
struct Frame: ~Copyable {
    enum Kind: UInt8 {
        /// To the reader: read all of it, now. Empty.
        case request = 1
        /// From the reader, each followed by `contents` or `failure`: the role of a file, and its
        /// path.
        case file
        /// All bytes of the file just named. None, if it is a directory.
        case contents
        /// Why the file just named cannot be read, see `FileError`.
        case failure
        /// There are no more files. Empty.
        case end
        /// Owner, group and mode of the file just named, before its `contents`: see `FileAttributes`.
        case attributes

        var bytesMax: Int {
            switch self {
            case .request, .end: 0
            case .file: 1 + Frame.pathBytesMax
            case .contents: LinuxSecretFileReader.bytesMax
            case .failure: FileError.encodedCountMax
            case .attributes: FileAttributes.encodedCount
            }
        }
    }

    /// Longer ones are refused by the kernel: PATH_MAX of limits.h(0p).
    static let pathBytesMax = 4096

    let kind: Kind
    let body: SensitiveBytes
}

/// What goes before the bytes of a frame.
struct FrameHeader: Equatable {
    static let count = 5

    let kind: Frame.Kind
    let bodyCount: Int

    init(_ kind: Frame.Kind, bodyCount: Int) {
        self.kind = kind
        self.bodyCount = bodyCount
    }

    /// nil if no frame begins like this.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.count, let kind = Frame.Kind(rawValue: bytes[0]) else {
            return nil
        }
        var number: UInt32 = 0
        for index in 1..<Self.count { number = number << 8 | UInt32(bytes[index]) }
        guard number <= kind.bytesMax else { return nil }
        self.init(kind, bodyCount: Int(number))
    }

    var encoded: [UInt8] {
        let number = UInt32(bodyCount)
        return [kind.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
}
