internal import Reactor

/// One end of a connection that is only memory.
final class MemoryStream: ByteStream {
    private final class Direction { var bytes: [UInt8] = [] }

    private let incoming: Direction
    private let outgoing: Direction

    private init(_ incoming: Direction, _ outgoing: Direction) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    static func pair() -> (MemoryStream, MemoryStream) {
        let (there, back) = (Direction(), Direction())
        return (MemoryStream(back, there), MemoryStream(there, back))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = min(buffer.count, incoming.bytes.count)
        guard count > 0 else { return .wouldBlock }
        unsafe buffer.copyBytes(from: incoming.bytes[..<count])
        incoming.bytes.removeFirst(count)
        return .bytes(count)
    }

    func write(from buffer: UnsafeRawBufferPointer) -> Transfer {
        unsafe outgoing.bytes.append(contentsOf: buffer)
        return .bytes(buffer.count)
    }
}
