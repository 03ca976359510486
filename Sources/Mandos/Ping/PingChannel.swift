internal import Reactor

/// A socket for pings, and who waits for a reply on it.
@safe final class PingChannel {
    private struct Waiting {
        let address: SocketAddress
        let token: UInt64
        let answered: () -> Void
    }

    private let loop: EventLoop
    private let family: SocketFamily
    private let isRaw: Bool
    private var watch: Watch?
    private var waiting: [UInt16: Waiting] = [:]
    private var lastSequence: UInt16 = 0
    /// Of a raw socket. The kernel has its own for the other kind.
    private let identifier = UInt16.random(in: 0 ... .max)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)

    /// More than this wait for the next turn.
    private static let repliesPerTurnMax = 64

    init(_ socket: consuming PingSocket, on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        family = socket.family
        isRaw = socket.isRaw
        // Nobody waits yet, and a raw socket gets the replies to everybody's pings.
        watch = try loop.watch(socket.takeDescriptor(), for: []) { [unowned(unsafe) self] _ in
            unsafe self.receiveSome()
        }
    }

    deinit { unsafe buffer.deallocate() }

    func stop() {
        watch = nil
        waiting = [:]
    }

    /// Sends a request, and calls `answered` at its reply.
    ///
    /// - Returns: what to `forget` it by; nil if it could not be sent.
    func ask(_ address: SocketAddress, _ answered: @escaping () -> Void) -> UInt16? {
        guard watch != nil, waiting.count < Int(UInt16.max) else { return nil }
        repeat { lastSequence &+= 1 } while waiting[lastSequence] != nil
        let echo = ICMPEcho(
            identifier: identifier, sequence: lastSequence, token: .random(in: 0 ... .max))
        do throws(SystemError) {
            let request = echo.request(family, isRaw: isRaw)
            try unsafe request.withUnsafeBufferPointer { bytes throws(SystemError) in
                try unsafe watch?.send(UnsafeRawBufferPointer(bytes), to: address)
            }
            try watch?.want(.input)
        } catch {
            return nil
        }
        waiting[lastSequence] = Waiting(
            address: address.with(port: 0), token: echo.token, answered: answered)
        return lastSequence
    }

    func forget(_ sequence: UInt16) {
        waiting[sequence] = nil
        if waiting.isEmpty { _ = try? watch?.want([]) }
    }

    private func receiveSome() {
        for _ in 0..<Self.repliesPerTurnMax { guard receiveOne() else { return } }
        loop.noteBacklog()
    }

    /// - Returns: whether there may be another one.
    private func receiveOne() -> Bool {
        // An error is of a request that was sent before, and that one is asked again.
        guard let received = try? unsafe watch?.receive(into: buffer) ?? nil else { return false }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<received.count])
        guard
            let echo = unsafe ICMPEcho(
                reply: bytes.assumingMemoryBound(to: UInt8.self).span, family, isRaw: isRaw),
            !isRaw || echo.identifier == identifier, let waiting = waiting[echo.sequence],
            waiting.token == echo.token, waiting.address == received.sender.with(port: 0)
        else { return true }
        waiting.answered()
        return true
    }
}
