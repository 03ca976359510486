internal import CShims.Avahi
internal import Reactor

/// An `EventLoop` in the form in which avahi wants one: `struct AvahiPoll`.
///
/// avahi frees what it has registered whenever it likes, also from inside its callbacks. It gives
/// deadlines as calendar time, by which it means the span from now on.
@safe final class AvahiPollAdapter {
    /// Why avahi cannot do its work any more, although it does not know.
    enum Trouble {
        case system(SystemError)
        case deadDescriptor
        /// What avahi waits for would come too late by as much.
        case clockSetBack
    }

    let loop: EventLoop
    /// Valid as long as this object.
    let api: UnsafeMutablePointer<AvahiPoll>
    /// Sees packets before avahi does.
    let gate: MulticastGate?
    /// Called whenever there is trouble, also from inside calls of avahi.
    var troubled: (Trouble) -> Void = { _ in }
    /// Calendar time less the loop's time, when last looked at. The two clocks are slewed alike, so
    /// only setting the calendar changes it.
    private var offset: Int64?

    /// In microseconds. Less is waited for.
    private static let setBackMin: Int64 = 1_000_000

    init(on loop: EventLoop, behind gate: MulticastGate? = nil) {
        self.loop = loop
        self.gate = gate
        unsafe api = .allocate(capacity: 1)
        unsafe api.initialize(to: AvahiPoll())
        unsafe api.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
        setWatchCalls()
        setTimeoutCalls()
    }

    /// - Precondition: avahi does not use it any more.
    deinit { unsafe api.deallocate() }

    func report(_ trouble: Trouble) { troubled(trouble) }

    func instant(of time: WallTime) -> Instant {
        let wall = loop.kernel.wallTime()
        let now = loop.kernel.now()
        let offset = wall.microseconds - now.nanoseconds / 1_000
        if let before = self.offset, offset < before - Self.setBackMin { report(.clockSetBack) }
        self.offset = offset
        return now + max(.zero, time - wall)
    }

    private func setWatchCalls() {
        unsafe api.pointee.watch_new = { api, raw, events, callback, context in
            guard let poll = unsafe AvahiPollAdapter.of(api), let callback = unsafe callback else {
                return nil
            }
            let watch = unsafe PolledDescriptor(
                raw, for: events, on: poll, callback: callback, context: context)
            return unsafe OpaquePointer(Unmanaged.passRetained(watch).toOpaque())
        }
        unsafe api.pointee.watch_free = { watch in
            guard let watch = unsafe watch else { return }
            unsafe Unmanaged<PolledDescriptor>.fromOpaque(UnsafeRawPointer(watch))
                .takeRetainedValue().stop()
        }
        unsafe api.pointee.watch_update = { watch, events in
            guard let watch = unsafe watch else { return }
            unsafe AvahiPollAdapter.descriptor(watch).want(events)
        }
        unsafe api.pointee.watch_get_events = { watch in
            guard let watch = unsafe watch else { return AvahiWatchEvent(0) }
            return unsafe AvahiPollAdapter.descriptor(watch).happening
        }
    }

    private func setTimeoutCalls() {
        unsafe api.pointee.timeout_new = { api, time, callback, context in
            guard let poll = unsafe AvahiPollAdapter.of(api), let callback = unsafe callback else {
                return nil
            }
            let timeout = unsafe PolledTimeout(on: poll, callback: callback, context: context)
            unsafe timeout.set(AvahiPollAdapter.time(time))
            return unsafe OpaquePointer(Unmanaged.passRetained(timeout).toOpaque())
        }
        unsafe api.pointee.timeout_free = { timeout in
            guard let timeout = unsafe timeout else { return }
            unsafe Unmanaged<PolledTimeout>.fromOpaque(UnsafeRawPointer(timeout))
                .takeRetainedValue().stop()
        }
        unsafe api.pointee.timeout_update = { timeout, time in
            guard let timeout = unsafe timeout else { return }
            unsafe Unmanaged<PolledTimeout>.fromOpaque(UnsafeRawPointer(timeout))
                .takeUnretainedValue().set(AvahiPollAdapter.time(time))
        }
    }

    private static func of(_ api: UnsafePointer<AvahiPoll>?) -> AvahiPollAdapter? {
        guard let context = unsafe api?.pointee.userdata else { return nil }
        return unsafe Unmanaged<AvahiPollAdapter>.fromOpaque(context).takeUnretainedValue()
    }

    private static func descriptor(_ watch: OpaquePointer) -> PolledDescriptor {
        unsafe Unmanaged<PolledDescriptor>.fromOpaque(UnsafeRawPointer(watch)).takeUnretainedValue()
    }

    private static func time(_ time: UnsafePointer<timeval>?) -> WallTime? {
        guard let time = unsafe time?.pointee else { return nil }
        return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec))
    }
}
