internal import CShims.Avahi
internal import Reactor

/// What avahi calls an AvahiWatch: it wants to be told when a descriptor, which stays its own, is
/// ready. What the loop watches, and closes, is a copy.
@safe final class PolledDescriptor {
    private unowned(unsafe) let poll: AvahiPollAdapter
    private let raw: CInt
    private let callback: AvahiWatchCallback
    private let context: UnsafeMutableRawPointer?
    private var watch: Watch?
    private var wanted: AvahiWatchEvent
    /// What has happened, while the callback is running.
    private(set) var happening = AvahiWatchEvent(0)
    private var errorsInARow = 0

    /// An error that reading does not clear would keep the loop awake for ever.
    private static let errorsInARowMax = 100

    init(
        _ raw: CInt, for wanted: AvahiWatchEvent, on poll: AvahiPollAdapter,
        callback: @escaping AvahiWatchCallback, context: UnsafeMutableRawPointer?
    ) {
        unsafe self.poll = poll
        self.raw = raw
        self.wanted = wanted
        unsafe self.callback = callback
        unsafe self.context = context
        do throws(SystemError) {
            let copy = try poll.loop.kernel.duplicate(raw)
            // Strongly held, which `stop` ends.
            watch = try poll.loop.watch(copy, for: Self.readiness(wanted)) { [self] in report($0) }
        } catch {
            poll.report(.system(error))
        }
    }

    func want(_ events: AvahiWatchEvent) {
        wanted = events
        do throws(SystemError) {
            try watch?.want(Self.readiness(events))
        } catch {
            unsafe poll.report(.system(error))
        }
    }

    func stop() { watch = nil }

    private func report(_ readiness: Readiness) {
        errorsInARow = readiness == .broken ? errorsInARow + 1 : 0
        guard errorsInARow < Self.errorsInARowMax else {
            watch = nil
            return unsafe poll.report(.deadDescriptor)
        }
        var events: UInt32 = 0
        // An error too is learnt by reading, and avahi-core aborts if it is not asked to read.
        if readiness.contains(.input) || readiness.contains(.broken) {
            events |= AVAHI_WATCH_IN.rawValue & wanted.rawValue
        }
        if readiness.contains(.output) { events |= AVAHI_WATCH_OUT.rawValue }
        if readiness.contains(.broken) { events |= AVAHI_WATCH_ERR.rawValue }
        happening = AvahiWatchEvent(events)
        let handle = unsafe OpaquePointer(Unmanaged.passUnretained(self).toOpaque())
        unsafe callback(handle, raw, happening, context)
        happening = AvahiWatchEvent(0)
    }

    private static func readiness(_ events: AvahiWatchEvent) -> Readiness {
        var readiness: Readiness = []
        if events.rawValue & AVAHI_WATCH_IN.rawValue != 0 { readiness.insert(.input) }
        if events.rawValue & AVAHI_WATCH_OUT.rawValue != 0 { readiness.insert(.output) }
        return readiness
    }
}
