internal import CShims.Avahi
internal import Reactor

/// What avahi calls an AvahiTimeout: a deadline that is set, changed and called off.
@safe final class PolledTimeout {
    private unowned(unsafe) let poll: AvahiPollAdapter
    private let callback: AvahiTimeoutCallback
    private let context: UnsafeMutableRawPointer?
    private var due: WallTime?
    private var timer: Timer?

    init(
        on poll: AvahiPollAdapter, callback: @escaping AvahiTimeoutCallback,
        context: UnsafeMutableRawPointer?
    ) {
        unsafe self.poll = poll
        unsafe self.callback = callback
        unsafe self.context = context
    }

    /// - Parameter time: nil calls it off.
    func set(_ time: WallTime?) {
        guard let time else { return stop() }
        let instant = unsafe poll.instant(of: time)
        guard time != due else { return }  // avahi says the same again after each event
        due = time
        // Strongly held, which its end, or `stop`, ends.
        timer = unsafe poll.loop.timer(at: instant) { [self] in ring() }
    }

    func stop() {
        due = nil
        timer = nil
    }

    private func ring() {
        stop()
        let handle = unsafe OpaquePointer(Unmanaged.passUnretained(self).toOpaque())
        let gate = unsafe poll.gate
        let start = unsafe gate == nil ? .zero : poll.loop.kernel.processorTime()
        unsafe callback(handle, context)
        _ = gate?.charge(since: start)  // reading is what pauses for it
    }
}
