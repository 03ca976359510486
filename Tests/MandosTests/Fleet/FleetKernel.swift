import CShims.Linux
import Reactor

/// Linux as far as a registry of clients sees it, in simulated time alone: it has an alarm, a wall
/// clock that can be set, and children that only pretend to run.
final class FleetKernel: Kernel {
    /// What a command is going to do.
    struct Fate {
        /// nil: it never ends by itself.
        var duration: Duration?
        var status: Reactor.ExitStatus
        var ignoresTermination = false
    }

    private final class Child {
        let command: String
        let group: CInt
        var end: Instant
        var status: Reactor.ExitStatus
        let ignoresTermination: Bool

        init(_ command: String, group: CInt, _ fate: Fate, at now: Instant) {
            self.command = command
            self.group = group
            end = fate.duration.map { now + $0 } ?? .distantFuture
            status = fate.status
            ignoresTermination = fate.ignoresTermination
        }
    }

    /// Decides what becomes of a command that is started; nil if it cannot be.
    var fate: (String) -> Fate? = { _ in Fate(duration: .zero, status: .exited(0)) }
    /// Called when the end of a child is asked for.
    var reaped: (String, Reactor.ExitStatus) -> Void = { _, _ in }

    private var time = Instant(nanoseconds: 1_000_000_000_000)
    private var wallStep: Duration = .zero
    private var alarm: Instant?
    /// By the number of their descriptors.
    private var children: [CInt: Child] = [:]
    private var watched: [CInt: UInt64] = [:]
    private var clock: CInt?
    private var clockWasSet = false
    private var lastGroup: CInt = 0
    private var groups: [CInt: CInt] = [:]

    var childCount: Int { children.count }

    func now() -> Instant { time }

    func processorTime() -> Duration { .zero }

    private var suspended: Duration = .zero

    func timeAsleep() -> Duration { suspended }

    /// Lets time pass in which nobody but the children runs.
    func stall(for span: Duration) { time = time + span }

    /// Lets time pass in which nobody runs at all.
    func suspend(for span: Duration) {
        time = time + span
        suspended += span
        for child in children.values where child.end < .distantFuture {
            child.end = child.end + span
        }
    }

    func wallTime() -> WallTime {
        WallTime(microseconds: 1_800_000_000_000_000) + (time - Instant(nanoseconds: 0)) + wallStep
    }

    func stepWallClock(by span: Duration) {
        wallStep += span
        clockWasSet = true
    }

    func watch(
        _ descriptor: borrowing Descriptor, for: Readiness, as data: UInt64
    ) throws(SystemError) {
        watched[descriptor.raw] = data
    }

    func rewatch(
        _ descriptor: borrowing Descriptor, for: Readiness, as data: UInt64
    ) throws(SystemError) {}

    func forget(_ descriptor: borrowing Descriptor) {
        watched[descriptor.raw] = nil
        if let child = children.removeValue(forKey: descriptor.raw) { groups[child.group] = nil }
    }

    func setAlarm(at deadline: Instant) throws(SystemError) { alarm = deadline }

    func sleep(mayWait: Bool, into events: inout [KernelEvent]) throws(SystemError) {
        if appendReady(to: &events) || !mayWait { return }
        let next = children.values.map(\.end).min() ?? .distantFuture
        let wake = min(alarm ?? .distantFuture, next)
        precondition(wake < .distantFuture, "the loop would sleep for ever")
        time = max(time, wake)
        if alarm == wake { alarm = nil }
        _ = appendReady(to: &events)
    }

    private func appendReady(to events: inout [KernelEvent]) -> Bool {
        let before = events.count
        if clockWasSet, let clock, let data = watched[clock] {
            events.append(KernelEvent(data: data, readiness: .input))
        }
        for (raw, child) in children.sorted(by: { $0.key < $1.key }) where child.end <= time {
            guard let data = watched[raw] else { continue }
            events.append(KernelEvent(data: data, readiness: .input))
        }
        return events.count > before
    }

    func openWallClockWatch() throws(SystemError) -> Descriptor {
        let descriptor = Self.descriptor()
        clock = descriptor.raw
        return descriptor
    }

    func readWallClockWatch(_: borrowing Descriptor) throws(SystemError) -> Bool {
        defer { clockWasSet = false }
        return clockWasSet
    }

    func spawn(shell command: String) throws(SystemError) -> SpawnedProcess {
        guard let fate = fate(command) else { throw SystemError(call: "posix_spawn", code: EAGAIN) }
        let descriptor = Self.descriptor()
        lastGroup += 1
        children[descriptor.raw] = Child(command, group: lastGroup, fate, at: time)
        groups[lastGroup] = descriptor.raw
        return SpawnedProcess(
            descriptor: descriptor, output: Self.descriptor(), group: lastGroup)
    }

    func reap(_ process: borrowing Descriptor) throws(SystemError) -> Reactor.ExitStatus? {
        guard let child = children[process.raw], child.end <= time else { return nil }
        reaped(child.command, child.status)
        return child.status
    }

    func signal(group: CInt, _ signal: CInt) {
        guard let raw = groups[group], let child = children[raw], child.end > time else { return }
        if signal == SIGTERM, child.ignoresTermination { return }
        child.end = time
        child.status = .killed(signal)
    }

    func killAndReap(group: CInt) {
        if let raw = groups.removeValue(forKey: group) { children[raw] = nil }
    }

    /// One that is closed like any other, and never read.
    private static func descriptor() -> Descriptor {
        let raw = dup(0)
        precondition(raw >= 0, "no descriptor is left")
        return Descriptor(adopting: raw)
    }

    // A registry makes none of these calls, and reads no output of these children.
    func read(_: borrowing Descriptor, into: UnsafeMutableRawBufferPointer) -> Transfer {
        .endOfStream
    }
    func write(_: borrowing Descriptor, from: UnsafeRawBufferPointer) -> Transfer { .endOfStream }
    func openProcess(_: CInt) throws(SystemError) -> Descriptor { throw Self.none }
    func openPingSocket(_: SocketFamily) throws(SystemError) -> PingSocket { throw Self.none }
    func send(
        _: UnsafeRawBufferPointer, to: SocketAddress, over: borrowing Descriptor
    ) throws(SystemError) {}
    func receive(
        into: UnsafeMutableRawBufferPointer, from: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? { nil }
    func peek(
        into: UnsafeMutableRawBufferPointer, from: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? { nil }
    func openSocket(_: SocketFamily) throws(SystemError) -> Descriptor { throw Self.none }
    func inherit(_: CInt) throws(SystemError) -> Descriptor { throw Self.none }
    func duplicate(_: CInt) throws(SystemError) -> Descriptor { throw Self.none }
    func openRouteSocket(groups: UInt32, port: UInt32?) throws(SystemError) -> Descriptor {
        throw Self.none
    }
    func setOption(_: SocketOption, on: borrowing Descriptor) throws(SystemError) {}
    func bind(_: borrowing Descriptor, to: SocketAddress) throws(SystemError) {}
    func listen(_: borrowing Descriptor) throws(SystemError) {}
    func connect(_: borrowing Descriptor, to: SocketAddress) throws(SystemError) {}
    func localAddress(of: borrowing Descriptor) throws(SystemError) -> SocketAddress {
        throw Self.none
    }
    func accept(from: borrowing Descriptor) throws(SystemError) -> AcceptedSocket? { nil }
    func queuedConnections(of: borrowing Descriptor) throws(SystemError) -> Int { 0 }
    func unacknowledgedBytes(of: borrowing Descriptor) throws(SystemError) -> Int { 0 }
    func openSignals(_: [CInt]) throws(SystemError) -> Descriptor { throw Self.none }
    func readSignal(from: borrowing Descriptor) throws(SystemError) -> CInt? { nil }

    private static let none = SystemError(call: "none", code: ENOSYS)
}
