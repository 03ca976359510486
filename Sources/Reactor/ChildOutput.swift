/// Reads what a child writes, so that it is never held up, nor kept busy by one that never stops.
/// Lives until the pipe has ended, or `stop()`.
final class ChildOutput {
    private let loop: EventLoop
    private let receive: (Span<UInt8>) -> Void
    private var watch: Watch?
    private var pause: Timer?

    /// As much is read at a time, in bytes. Who writes more waits for a moment.
    private static let chunkBytesMax = 16 * 1024
    /// What a pipe holds at most, see pipe(7): somebody else may still write to it.
    private static let chunksInPipe = 4
    private static let pauseAfterChunk: Duration = .milliseconds(10)

    init(
        _ pipe: consuming Descriptor, on loop: EventLoop, receive: @escaping (Span<UInt8>) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.receive = receive
        watch = try loop.watch(pipe, for: .input) { [self] _ in readSome() }
    }

    /// Closes the pipe: whoever writes to it then is ended by SIGPIPE.
    func stop() {
        watch = nil
        pause = nil
    }

    /// Reads what is left of a child that has ended.
    func drain() {
        for _ in 0..<Self.chunksInPipe where read() < Self.chunkBytesMax { break }
        stop()
    }

    private func readSome() {
        guard read() == Self.chunkBytesMax else { return }
        // Its end is reported all the same, and read at once.
        guard (try? watch?.want([])) != nil else { return }
        pause = loop.timer(after: Self.pauseAfterChunk) { [self] in resume() }
    }

    private func resume() {
        pause = nil
        if (try? watch?.want(.input)) == nil { stop() }
    }

    private func read() -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.chunkBytesMax, alignment: 1)
        defer { unsafe buffer.deallocate() }
        switch unsafe watch?.read(into: buffer) {
        case .bytes(let count):
            unsafe receive(
                UnsafeRawBufferPointer(rebasing: buffer[..<count]).assumingMemoryBound(
                    to: UInt8.self
                ).span)
            return count
        case .wouldBlock, nil:
            return 0
        case .endOfStream, .failed:
            stop()
            return 0
        }
    }
}
