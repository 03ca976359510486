internal import CShims.Avahi
internal import CShims.Linux
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
    /// Whether anybody on the link can send to it.
    private var isGuarded = false
    /// Until it is read again.
    private var pause: Timer?

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
            if poll.gate != nil { isGuarded = try isMulticast() }
        } catch {
            poll.report(.system(error))
        }
    }

    func want(_ events: AvahiWatchEvent) {
        wanted = events
        do throws(SystemError) {
            try watch?.want(pause == nil ? Self.readiness(events) : [])
        } catch {
            unsafe poll.report(.system(error))
        }
    }

    func stop() {
        watch = nil
        pause = nil
    }

    /// avahi-core's other socket is one of rtnetlink(7), to which the kernel alone sends.
    private func isMulticast() throws(SystemError) -> Bool {
        do throws(SystemError) {
            return try watch?.localAddress().port == MulticastPacket.port
        } catch {
            if error.code == EAFNOSUPPORT { return false }
            throw error
        }
    }

    private func report(_ readiness: Readiness) {
        errorsInARow = readiness == .broken ? errorsInARow + 1 : 0
        guard errorsInARow < Self.errorsInARowMax else {
            watch = nil
            return unsafe poll.report(.deadDescriptor)
        }
        if isGuarded, unsafe poll.gate != nil { return readSome() }
        call(readiness)
    }

    /// avahi-core reads one datagram each time that it is called.
    private func readSome() {
        guard let gate = unsafe poll.gate else { return }
        let start = unsafe poll.loop.kernel.processorTime()
        for _ in 0..<MulticastGate.datagramsPerTurnMax {
            guard let found = try? unsafe watch?.peek(into: gate.buffer) ?? nil else { break }
            if gate.admits(found.count, from: found.sender) {
                call(.input)
                break
            }
            let scrap = unsafe UnsafeMutableRawBufferPointer(rebasing: gate.buffer[..<1])
            _ = try? unsafe watch?.receive(into: scrap)
        }
        guard let rest = gate.charge(since: start), watch != nil else { return }
        pause = unsafe poll.loop.timer(after: rest) { [self] in
            pause = nil
            want(wanted)
        }
        want(wanted)
    }

    private func call(_ readiness: Readiness) {
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
