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

    private var missing: Int { (header?.bodyCount ?? FrameHeader.count) - received.count }

    /// Never more than what is missing: the rest belongs to the next frame.
    private mutating func readSome(
        _ read: (UnsafeMutableRawBufferPointer) -> Transfer
    ) -> Transfer {
        let wanted = missing
        var transfer = Transfer.wouldBlock
        unsafe received.append(atLeast: wanted) { room in
            unsafe transfer = read(UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]))
            guard case .bytes(let count) = transfer else { return 0 }
            return count
        }
        return transfer
    }
}
