internal import Reactor

/// Puts frames together from what comes out of a socket, bit by bit.
struct FrameReceiver: ~Copyable {
    enum Progress: Equatable {
        /// To be taken with `takeFrame`.
        case complete
        case wouldBlock
        /// The other side has ended, maybe in the middle of a frame.
        case ended
        /// The other side is not to be understood.
        case broken
    }

    private var header: FrameHeader?
    private var received = SensitiveBytes(capacity: FrameHeader.count)
    /// What was read but belongs to later frames, from `used` on. Thousands of small frames are no
    /// thousands of system calls.
    private var buffer = SensitiveBytes()
    private var used = 0

    private static let bufferBytesMax = 64 << 10

    /// Calls `read` until a frame is complete or nothing more comes.
    mutating func receive(
        _ read: (UnsafeMutableRawBufferPointer) -> Transfer
    ) -> Progress {
        while true {
            if missing == 0 {
                guard header == nil else { return .complete }
                guard let header = received.withSpan({ FrameHeader($0) }) else { return .broken }
                self.header = header
                received = SensitiveBytes(capacity: header.bodyCount)
                continue
            }
            switch unsafe readSome(read) {
            case .bytes: continue
            case .wouldBlock: return .wouldBlock
            case .endOfStream, .failed: return .ended
            }
        }
    }

    /// - Precondition: `receive` has just returned `complete`.
    mutating func takeFrame() -> Frame {
        var body = SensitiveBytes(capacity: FrameHeader.count)
        swap(&body, &received)
        return Frame(kind: header.take()!.kind, body: body)
    }

    /// Whether nothing has come of another frame.
    var isIdle: Bool { header == nil && received.isEmpty && used == buffer.count }

    private var missing: Int { (header?.bodyCount ?? FrameHeader.count) - received.count }

    private mutating func readSome(
        _ read: (UnsafeMutableRawBufferPointer) -> Transfer
    ) -> Transfer {
        if used < buffer.count { return .bytes(takeFromBuffer()) }
        guard missing < Self.bufferBytesMax else { return unsafe readDirectly(read) }
        buffer = SensitiveBytes(capacity: Self.bufferBytesMax)
        used = 0
        let transfer = unsafe Self.append(Self.bufferBytesMax, to: &buffer, read)
        if case .bytes = transfer { return .bytes(takeFromBuffer()) }
        return transfer
    }

    private mutating func takeFromBuffer() -> Int {
        let count = min(missing, buffer.count - used)
        buffer.withSpan { received.append($0.extracting(used..<used + count)) }
        used += count
        return count
    }

    /// A long body does not take the detour. Never more than what is missing: the rest belongs to
    /// the next frame.
    private mutating func readDirectly(
        _ read: (UnsafeMutableRawBufferPointer) -> Transfer
    ) -> Transfer {
        unsafe Self.append(missing, to: &received, read)
    }

    private static func append(
        _ count: Int, to bytes: inout SensitiveBytes,
        _ read: (UnsafeMutableRawBufferPointer) -> Transfer
    ) -> Transfer {
        var transfer = Transfer.wouldBlock
        unsafe bytes.append(atLeast: count) { room in
            unsafe transfer = read(UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
            guard case .bytes(let count) = transfer else { return 0 }
            return count
        }
        return transfer
    }
}
