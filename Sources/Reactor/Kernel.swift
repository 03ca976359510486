/// All that the reactor asks of Linux: one class makes the calls, in tests another makes them fail
/// and plays the clock.
package protocol Kernel: AnyObject {
    func now() -> Instant
    /// How long the machine has been suspended since it was started: CLOCK_BOOTTIME less
    /// CLOCK_MONOTONIC.
    func timeAsleep() -> Duration
    /// What the calendar says, CLOCK_REALTIME.
    func wallTime() -> WallTime
    /// CPU time that the calling thread has used, CLOCK_THREAD_CPUTIME_ID.
    func processorTime() -> Duration

    // epoll(7), timerfd_create(2)
    func watch(_: borrowing Descriptor, for: Readiness, as data: UInt64) throws(SystemError)
    func rewatch(_: borrowing Descriptor, for: Readiness, as data: UInt64) throws(SystemError)
    func forget(_: borrowing Descriptor)
    /// Rings once, until set again.
    func setAlarm(at deadline: Instant) throws(SystemError)
    /// Appends what became ready. Returns at once if it may not wait, else when something did, when
    /// the alarm rang or when a signal came.
    func sleep(mayWait: Bool, into events: inout [KernelEvent]) throws(SystemError)

    // socket(7)
    func openSocket(_ family: SocketFamily) throws(SystemError) -> Descriptor
    /// A copy of a descriptor that somebody else opened for us, non-blocking.
    func inherit(_ raw: CInt) throws(SystemError) -> Descriptor
    /// Another descriptor for what `raw` is open for. It shares everything with it, also the flag
    /// that says whether calls may block.
    func duplicate(_ raw: CInt) throws(SystemError) -> Descriptor
    func setOption(_: SocketOption, on: borrowing Descriptor) throws(SystemError)
    func bind(_: borrowing Descriptor, to address: SocketAddress) throws(SystemError)
    func listen(_: borrowing Descriptor) throws(SystemError)
    func connect(_: borrowing Descriptor, to address: SocketAddress) throws(SystemError)
    func localAddress(of: borrowing Descriptor) throws(SystemError) -> SocketAddress
    /// nil when nobody is waiting to be accepted.
    func accept(from: borrowing Descriptor) throws(SystemError) -> AcceptedSocket?
    /// From a socket or a pipe, non-blocking.
    func read(_: borrowing Descriptor, into: UnsafeMutableRawBufferPointer) -> Transfer
    func write(_: borrowing Descriptor, from: UnsafeRawBufferPointer) -> Transfer
    /// TCP_INFO of tcp(7): how many connections wait to be accepted.
    func queuedConnections(of: borrowing Descriptor) throws(SystemError) -> Int
    /// SIOCOUTQ of tcp(7): how many bytes of what was written the peer's TCP has not acknowledged.
    /// Once the connection is reset, the number stays as it was then.
    func unacknowledgedBytes(of: borrowing Descriptor) throws(SystemError) -> Int

    /// A socket of rtnetlink(7), which also receives what is sent to `groups`.
    ///
    /// - Parameter port: its netlink(7) port ID; nil for one that nobody else asks for.
    func openRouteSocket(groups: UInt32, port: UInt32?) throws(SystemError) -> Descriptor

    // icmp(7)
    /// Unprivileged if that is allowed, else raw. EACCES or EPERM if neither is.
    func openPingSocket(_ family: SocketFamily) throws(SystemError) -> PingSocket
    /// A datagram, all of it or none.
    func send(
        _: UnsafeRawBufferPointer, to: SocketAddress, over: borrowing Descriptor
    ) throws(SystemError)
    /// A datagram, of which what has no room is lost. nil when there is none.
    func receive(
        into: UnsafeMutableRawBufferPointer, from: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)?

    /// The datagram that waits first, which stays where it is. `count` is its whole length, even if
    /// it has no room. nil when there is none.
    func peek(
        into: UnsafeMutableRawBufferPointer, from: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)?

    // signalfd(2); the signals are blocked first.
    func openSignals(_ signals: [CInt]) throws(SystemError) -> Descriptor
    /// nil when no signal is pending.
    func readSignal(from: borrowing Descriptor) throws(SystemError) -> CInt?

    // TFD_TIMER_CANCEL_ON_SET of timerfd_create(2).
    func openWallClockWatch() throws(SystemError) -> Descriptor
    /// Whether the wall clock was set since the last time.
    func readWallClockWatch(_: borrowing Descriptor) throws(SystemError) -> Bool

    // posix_spawn(3), pidfd_open(2), waitid(2)
    /// Runs `command` as `/bin/sh -c` does, with standard output and error in a pipe.
    func spawn(shell command: String) throws(SystemError) -> SpawnedProcess
    /// A descriptor for a child that was forked and has not been reaped.
    func openProcess(_ id: CInt) throws(SystemError) -> Descriptor
    /// nil while it runs. Afterwards its process id is no longer ours.
    func reap(_ process: borrowing Descriptor) throws(SystemError) -> ExitStatus?
    /// Sent to every process of the group; that none is left is no error.
    func signal(group: CInt, _ signal: CInt)
    /// Ends a child that cannot be watched. Waits until it is gone, which SIGKILL makes soon.
    func killAndReap(group: CInt)
}

/// What `sleep` found: the `data` given to `watch`, and what its descriptor is ready for.
package struct KernelEvent {
    package let data: UInt64
    package let readiness: Readiness

    /// If a `sleep` finds as many, there may be more.
    static let perTurnMax = 255

    package init(data: UInt64, readiness: Readiness) {
        self.data = data
        self.readiness = readiness
    }
}

/// How far one read or write came.
package enum Transfer: Equatable {
    /// At least one byte.
    case bytes(Int)
    case wouldBlock
    /// The peer sends no more.
    case endOfStream
    case failed(SystemError)
}

/// A new connection, non-blocking, and who is at its other end.
package struct AcceptedSocket: ~Copyable {
    private var descriptor: Descriptor?
    package let peer: SocketAddress

    package init(descriptor: consuming Descriptor, peer: SocketAddress) {
        self.descriptor = consume descriptor
        self.peer = peer
    }

    /// - Precondition: not taken before.
    package mutating func takeDescriptor() -> Descriptor { descriptor.take()! }
}

package enum SocketOption: Equatable {
    case reuseAddress
    /// TCP_NODELAY: what is written is sent at once.
    case noDelay
    /// SO_KEEPALIVE, TCP_KEEPIDLE and TCP_KEEPINTVL: after so many seconds of silence the peer's TCP
    /// is asked whether it is there, and again after each interval.
    case keepAlive(idleSeconds: CInt, intervalSeconds: CInt)
    /// TCP_USER_TIMEOUT: a peer that answers nothing for so long is gone.
    case userTimeout(milliseconds: CInt)
    /// SO_BINDTODEVICE
    case device(String)
    /// SO_LINGER with no time: closing drops what the peer has not got yet, and tells it by a reset.
    case dropUnsent
    /// SO_SNDBUF, in bytes; Linux takes twice as much (socket(7)).
    case sendBuffer(CInt)
}
