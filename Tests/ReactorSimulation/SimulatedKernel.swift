internal import CShims.Linux
package import Reactor

/// A Linux kernel whose clock a test plays, and one of whose calls fails.
///
/// Descriptors are real. Time is not: when nothing is ready, it jumps to the alarm. A loop that
/// would sleep for ever stops the test.
package final class SimulatedKernel: Kernel {
    private let real: LinuxKernel
    private var time = Instant(nanoseconds: 1_000_000_000_000)
    private var alarm: Instant?
    private let failingCall: Int?
    private let failure: CInt?
    private var failingName: StaticString?
    private var alwaysFailing: StaticString?
    private var wallStep: Duration = .zero
    private var clockWatches: [ClockWatch] = []

    /// How long to wait, in real time, for what other processes do, before time may jump.
    package var patience: Duration = .zero
    /// Given out as the next socket of rtnetlink(7): at its other end, a test plays that part, too.
    package var routeSocket: Descriptor?
    /// What `unacknowledgedBytes` answers, as if the peer were gone; nil for the truth.
    package var unacknowledged: Int?
    /// Socket options in the order in which they were set.
    package private(set) var optionsSet: [SocketOption] = []
    /// What a test says that the thread has used.
    package var processorTimeUsed: Duration = .zero
    /// Calls made that could have failed.
    package private(set) var calls = 0
    package private(set) var alarmsSet = 0
    package private(set) var faultWasReached = false

    /// - Parameters:
    ///   - failingCall: counted from 1; that call fails, and no other.
    ///   - failure: the errno of it; nil for one that is usual for the call.
    package init(failingCall: Int? = nil, failure: CInt? = nil) throws(SystemError) {
        real = try LinuxKernel()
        self.failure = failure
        self.failingCall = failingCall
    }

    package func advance(by span: Duration) { time = time + span }

    /// Has the next call of that name fail, whenever it is.
    package func failNext(_ call: StaticString) { failingName = call }

    /// Has all calls of that name fail from now on.
    package func failAlways(_ call: StaticString) { alwaysFailing = call }

    private func mayFail(_ call: StaticString, _ code: CInt = ENOMEM) throws(SystemError) {
        calls += 1
        let isNamed = call.description == failingName?.description
        let isLost = call.description == alwaysFailing?.description
        guard calls == failingCall || isNamed || isLost else { return }
        failingName = nil
        faultWasReached = true
        throw SystemError(call: call, code: failure ?? code)
    }

    package func now() -> Instant { time }

    package func processorTime() -> Duration { processorTimeUsed }

    package private(set) var suspended: Duration = .zero

    package func timeAsleep() -> Duration { suspended }

    /// Has the machine be suspended for so long.
    package func suspend(for span: Duration) {
        suspended += span
        advance(by: span)
    }

    package func wallTime() -> WallTime {
        WallTime(microseconds: 1_800_000_000_000_000) + (time - Instant(nanoseconds: 0)) + wallStep
    }

    /// Sets the wall clock, which those who watch it are told.
    package func stepWallClock(by span: Duration) {
        wallStep += span
        for watch in clockWatches { eventfd_write(watch.descriptor.raw, 1) }
    }

    /// Our own copy of the descriptor: the number of one that is closed meanwhile may be anybody's.
    private final class ClockWatch {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    package func watch(
        _ descriptor: borrowing Descriptor, for readiness: Readiness, as data: UInt64
    ) throws(SystemError) {
        try mayFail("epoll_ctl", ENOSPC)
        try real.watch(descriptor, for: readiness, as: data)
    }

    package func rewatch(
        _ descriptor: borrowing Descriptor, for readiness: Readiness, as data: UInt64
    ) throws(SystemError) {
        try mayFail("epoll_ctl")
        try real.rewatch(descriptor, for: readiness, as: data)
    }

    package func forget(_ descriptor: borrowing Descriptor) { real.forget(descriptor) }

    package func setAlarm(at deadline: Instant) throws(SystemError) {
        try mayFail("timerfd_settime")
        alarmsSet += 1
        alarm = deadline
    }

    package func sleep(mayWait: Bool, into events: inout [KernelEvent]) throws(SystemError) {
        try mayFail("epoll_wait")
        let before = events.count
        try real.sleep(mayWait: false, into: &events)
        guard mayWait, events.count == before else { return }
        if let alarm, alarm <= time {
            self.alarm = nil
            return
        }
        if patience > .zero {
            // Without an alarm there is nothing to jump to, and a slow machine needs its time.
            let span = alarm == nil ? max(patience, .seconds(20)) : patience
            try real.setAlarm(at: real.now() + span)
            try real.sleep(mayWait: true, into: &events)
            if events.count > before { return }
        }
        guard let deadline = alarm else {
            preconditionFailure("the loop would sleep for ever")
        }
        time = deadline
        alarm = nil
    }

    package func openSocket(_ family: SocketFamily) throws(SystemError) -> Descriptor {
        try mayFail("socket", EMFILE)
        return try real.openSocket(family)
    }

    package func inherit(_ raw: CInt) throws(SystemError) -> Descriptor {
        try mayFail("fcntl", EMFILE)
        return try real.inherit(raw)
    }

    package func duplicate(_ raw: CInt) throws(SystemError) -> Descriptor {
        try mayFail("fcntl", EMFILE)
        return try real.duplicate(raw)
    }

    package func setOption(
        _ option: SocketOption, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        try mayFail("setsockopt")
        optionsSet.append(option)
        try real.setOption(option, on: descriptor)
    }

    package func bind(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) {
        try mayFail("bind", EADDRINUSE)
        try real.bind(descriptor, to: address)
    }

    package func listen(_ descriptor: borrowing Descriptor) throws(SystemError) {
        try mayFail("listen", EADDRINUSE)
        try real.listen(descriptor)
    }

    package func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) {
        try mayFail("connect", ECONNREFUSED)
        try real.connect(descriptor, to: address)
    }

    package func localAddress(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> SocketAddress {
        try mayFail("getsockname")
        return try real.localAddress(of: descriptor)
    }

    package func accept(
        from descriptor: borrowing Descriptor
    ) throws(SystemError) -> AcceptedSocket? {
        try mayFail("accept4", EMFILE)
        return try real.accept(from: descriptor)
    }

    package func read(
        _ descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) -> Transfer {
        do throws(SystemError) { try mayFail("read", ECONNRESET) } catch { return .failed(error) }
        return unsafe real.read(descriptor, into: buffer)
    }

    package func write(
        _ descriptor: borrowing Descriptor, from buffer: UnsafeRawBufferPointer
    ) -> Transfer {
        do throws(SystemError) { try mayFail("send", EPIPE) } catch { return .failed(error) }
        return unsafe real.write(descriptor, from: buffer)
    }

    package func queuedConnections(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> Int {
        try mayFail("getsockopt", EINVAL)
        return try real.queuedConnections(of: descriptor)
    }

    package func unacknowledgedBytes(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> Int {
        try mayFail("ioctl", ENOTTY)
        if let unacknowledged { return unacknowledged }
        return try real.unacknowledgedBytes(of: descriptor)
    }

    package func openRouteSocket(
        groups: UInt32, port: UInt32?
    ) throws(SystemError) -> Descriptor {
        try mayFail("socket", EMFILE)
        if let played = routeSocket.take() { return played }
        return try real.openRouteSocket(groups: groups, port: port)
    }

    package func openPingSocket(_ family: SocketFamily) throws(SystemError) -> PingSocket {
        try mayFail("socket", EACCES)
        return try real.openPingSocket(family)
    }

    package func send(
        _ bytes: UnsafeRawBufferPointer, to address: SocketAddress,
        over descriptor: borrowing Descriptor
    ) throws(SystemError) {
        try mayFail("sendto", ENETUNREACH)
        try unsafe real.send(bytes, to: address, over: descriptor)
    }

    package func receive(
        into buffer: UnsafeMutableRawBufferPointer, from descriptor: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        try mayFail("recvfrom", ECONNREFUSED)
        return try unsafe real.receive(into: buffer, from: descriptor)
    }

    package func peek(
        into buffer: UnsafeMutableRawBufferPointer, from descriptor: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        try mayFail("recvfrom", ECONNREFUSED)
        return try unsafe real.peek(into: buffer, from: descriptor)
    }

    package func openSignals(_ signals: [CInt]) throws(SystemError) -> Descriptor {
        try mayFail("signalfd", EMFILE)
        return try real.openSignals(signals)
    }

    package func readSignal(from descriptor: borrowing Descriptor) throws(SystemError) -> CInt? {
        try mayFail("read")
        return try real.readSignal(from: descriptor)
    }

    package func openWallClockWatch() throws(SystemError) -> Descriptor {
        try mayFail("timerfd_create", EMFILE)
        let raw = try attempt("eventfd") { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) }
        let watch = Descriptor(adopting: raw)
        clockWatches.append(ClockWatch(try real.duplicate(watch.raw)))
        return watch
    }

    package func readWallClockWatch(
        _ descriptor: borrowing Descriptor
    ) throws(SystemError) -> Bool {
        try mayFail("read")
        var count: eventfd_t = 0
        return eventfd_read(descriptor.raw, &count) == 0
    }

    package func spawn(shell command: String) throws(SystemError) -> SpawnedProcess {
        try mayFail("posix_spawn", EAGAIN)
        return try real.spawn(shell: command)
    }

    package func openProcess(_ id: CInt) throws(SystemError) -> Descriptor {
        try mayFail("pidfd_open", EMFILE)
        return try real.openProcess(id)
    }

    package func reap(_ process: borrowing Descriptor) throws(SystemError) -> ExitStatus? {
        try mayFail("waitid", ECHILD)
        return try real.reap(process)
    }

    package func signal(group: CInt, _ signal: CInt) { real.signal(group: group, signal) }

    package func killAndReap(group: CInt) { real.killAndReap(group: group) }
}
