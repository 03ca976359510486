/// A descriptor the loop is watching. Letting go of it first leaves epoll, then closes.
@usableFromInline  // see Descriptor
package struct Watch: ~Copyable {
    private let loop: EventLoop
    private let ticket: Ticket
    private let descriptor: Descriptor
    private var wanted: Readiness

    init(
        loop: EventLoop, ticket: Ticket, descriptor: consuming Descriptor, wanted: Readiness
    ) {
        self.loop = loop
        self.ticket = ticket
        self.descriptor = descriptor
        self.wanted = wanted
    }

    deinit { loop.forget(ticket, descriptor) }

    /// From now on waits for `readiness` only. Costs nothing if that is so already.
    package mutating func want(_ readiness: Readiness) throws(SystemError) {
        guard readiness != wanted else { return }
        try loop.rewatch(descriptor, for: readiness, ticket)
        wanted = readiness
    }
}

/// What can be done with a watched descriptor; see `Kernel` for the outcomes.
extension Watch {
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        unsafe loop.kernel.read(descriptor, into: buffer)
    }

    package func write(from buffer: UnsafeRawBufferPointer) -> Transfer {
        unsafe loop.kernel.write(descriptor, from: buffer)
    }

    package func unacknowledgedBytes() throws(SystemError) -> Int {
        try loop.kernel.unacknowledgedBytes(of: descriptor)
    }

    package func setOption(_ option: SocketOption) throws(SystemError) {
        try loop.kernel.setOption(option, on: descriptor)
    }

    package func queuedConnections() throws(SystemError) -> Int {
        try loop.kernel.queuedConnections(of: descriptor)
    }

    package func accept() throws(SystemError) -> AcceptedSocket? {
        try loop.kernel.accept(from: descriptor)
    }

    package func send(
        _ bytes: UnsafeRawBufferPointer, to address: SocketAddress
    ) throws(SystemError) {
        try unsafe loop.kernel.send(bytes, to: address, over: descriptor)
    }

    package func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        try unsafe loop.kernel.receive(into: buffer, from: descriptor)
    }

    package func peek(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        try unsafe loop.kernel.peek(into: buffer, from: descriptor)
    }

    package func localAddress() throws(SystemError) -> SocketAddress {
        try loop.kernel.localAddress(of: descriptor)
    }

    func readSignal() throws(SystemError) -> CInt? { try loop.kernel.readSignal(from: descriptor) }

    func readWallClockWatch() throws(SystemError) -> Bool {
        try loop.kernel.readWallClockWatch(descriptor)
    }

    func reap() throws(SystemError) -> ExitStatus? { try loop.kernel.reap(descriptor) }
}
