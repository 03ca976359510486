/// Bytes from a peer on their way to GnuTLS, which gets them by whole records (RFC 8446, section
/// 5.1). Given a part of a record, GnuTLS allocates 16 KiB, and copies the part again for each byte
/// that follows. The number of bytes is limited, which bounds what a peer can make us keep and compute.
/// Makes no system call.
struct RecordInbox {
    enum State: Equatable {
        /// There are bytes to `take`.
        case ready
        /// A record is incomplete, and at most so many bytes may be read.
        case needs(atMost: Int)
        /// The next record would be too much.
        case excessive
        /// After the header of something that is no record, which GnuTLS has words for.
        case foreign
    }

    private var bytes: [UInt8] = []
    private var start = 0
    /// How many bytes from there belong to the record that is being taken.
    private var granted = 0
    /// How many bytes more may come.
    private var left: Int
    private(set) var isForeign = false

    private static let headerBytes = 5
    /// RFC 8446, section 5.2.
    private static let contentBytes = 1...(16384 + 256)

    init(bytesMax: Int) { left = bytesMax }

    /// Lets so many more bytes come, instead of those that were left.
    mutating func allow(_ bytesMax: Int) { left = bytesMax }

    private var count: Int { bytes.count - start }

    var state: State {
        if granted > 0 { return .ready }
        if isForeign { return .foreign }
        guard let record = recordBytes else {
            return left < Self.headerBytes - count ? .excessive : .needs(atMost: left)
        }
        if record <= count { return .ready }
        return record - count > left ? .excessive : .needs(atMost: left)
    }

    /// The size of the record at the front; nil if its header is incomplete.
    private var recordBytes: Int? {
        guard count >= Self.headerBytes else { return nil }
        return isRecord ? Self.headerBytes + contentCount : Self.headerBytes
    }

    private var contentCount: Int { Int(bytes[start + 3]) << 8 | Int(bytes[start + 4]) }

    /// Whether the header at the front can be one of TLS 1.0 to 1.3.
    private var isRecord: Bool {
        (20...24).contains(bytes[start]) && bytes[start + 1] == 3
            && Self.contentBytes.contains(contentCount)
    }

    /// - Precondition: no more than `state` permits.
    mutating func append(_ received: UnsafeRawBufferPointer) {
        left -= received.count
        if start > 0, granted == 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        unsafe bytes.append(contentsOf: received)
    }

    /// Moves a part of the record at the front, no more than there is room for.
    ///
    /// - Precondition: `state` is `ready`.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if granted == 0 {
            granted = recordBytes ?? 0
            isForeign = !isRecord
        }
        let taken = min(granted, buffer.count)
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: .init(rebasing: bytes[start..<start + taken]))
        }
        granted -= taken
        start += taken
        if count == 0 { (bytes, start) = ([], 0) }
        return taken
    }
}
