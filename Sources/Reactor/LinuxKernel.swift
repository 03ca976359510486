internal import CShims.Linux

/// The Linux kernel: epoll for descriptors, one timerfd for deadlines.
@safe package final class LinuxKernel: Kernel {
    private let epoll: Descriptor
    private let alarm: Descriptor
    private let buffer: UnsafeMutableBufferPointer<epoll_event>
    let shell: OpaquePointer

    /// The `data` of the alarm, which no ticket has.
    private let alarmData = UInt64.max
    /// More than this wait for the next turn, so that deadlines are looked at in between.
    /// One more for the alarm.
    private static let eventsPerTurnMax = KernelEvent.perTurnMax + 1

    package init() throws(SystemError) {
        epoll = Descriptor(
            adopting: try attempt("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) })
        alarm = Descriptor(
            adopting: try attempt("timerfd_create") {
                timerfd_create(CLOCK_BOOTTIME, CInt(TFD_CLOEXEC | TFD_NONBLOCK))
            })
        guard let shell = unsafe cshim_shell_new() else {
            throw SystemError(call: "posix_spawnattr_init", code: ENOMEM)
        }
        unsafe self.shell = shell
        unsafe buffer = .allocate(capacity: Self.eventsPerTurnMax)
        unsafe buffer.initialize(repeating: epoll_event())
        // Edge-triggered: a rung alarm need not be read, setting it anew is enough.
        try attempt("epoll_ctl") {
            cshim_epoll_control(
                epoll.raw, EPOLL_CTL_ADD, alarm.raw, EPOLLIN.rawValue | EPOLLET.rawValue,
                alarmData)
        }
    }

    deinit {
        unsafe buffer.deallocate()
        unsafe cshim_shell_free(shell)
    }

    package func now() -> Instant { Self.read(CLOCK_BOOTTIME) }

    package func timeAsleep() -> Duration {
        Self.read(CLOCK_BOOTTIME) - Self.read(CLOCK_MONOTONIC)
    }

    private static func read(_ clock: clockid_t) -> Instant {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package func wallTime() -> WallTime { .now() }

    package func processorTime() -> Duration { .nanoseconds(cshim_thread_cpu_time()) }

    package func watch(
        _ descriptor: borrowing Descriptor, for readiness: Readiness, as data: UInt64
    ) throws(SystemError) {
        try control(EPOLL_CTL_ADD, descriptor.raw, readiness, data)
    }

    package func rewatch(
        _ descriptor: borrowing Descriptor, for readiness: Readiness, as data: UInt64
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor.raw, readiness, data)
    }

    package func forget(_ descriptor: borrowing Descriptor) {
        _ = cshim_epoll_control(epoll.raw, EPOLL_CTL_DEL, descriptor.raw, 0, 0)
    }

    private func control(
        _ operation: CInt, _ raw: CInt, _ readiness: Readiness, _ data: UInt64
    ) throws(SystemError) {
        var events: UInt32 = 0
        if readiness.contains(.input) { events |= EPOLLIN.rawValue }
        if readiness.contains(.output) { events |= EPOLLOUT.rawValue }
        try attempt("epoll_ctl") { cshim_epoll_control(epoll.raw, operation, raw, events, data) }
    }

    package func setAlarm(at deadline: Instant) throws(SystemError) {
        var time = itimerspec()
        // Zero would disarm it (timerfd_settime(2)); an instant long past rings at once.
        let nanoseconds = max(1, deadline.nanoseconds)
        time.it_value.tv_sec = time_t(nanoseconds / 1_000_000_000)
        time.it_value.tv_nsec = CLong(nanoseconds % 1_000_000_000)
        try attempt("timerfd_settime") {
            unsafe timerfd_settime(alarm.raw, CInt(TFD_TIMER_ABSTIME), &time, nil)
        }
    }

    package func sleep(mayWait: Bool, into events: inout [KernelEvent]) throws(SystemError) {
        let count = unsafe epoll_wait(
            epoll.raw, buffer.baseAddress!, CInt(buffer.count), mayWait ? -1 : 0)
        if count < 0 {
            let code = cshim_errno()
            if code == EINTR { return }
            throw SystemError(call: "epoll_wait", code: code)
        }
        for index in 0..<Int(count) {
            let data = unsafe cshim_event_data(buffer.baseAddress! + index)
            if data == alarmData { continue }
            let found = unsafe buffer[index].events
            var readiness: Readiness = []
            if found & EPOLLIN.rawValue != 0 { readiness.insert(.input) }
            if found & EPOLLOUT.rawValue != 0 { readiness.insert(.output) }
            if found & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.broken) }
            events.append(KernelEvent(data: data, readiness: readiness))
        }
    }
}
