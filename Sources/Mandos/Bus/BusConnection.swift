internal import CShims.Bus
internal import CShims.Linux
package import Reactor

/// One connection to a message bus, from its first byte to its last. Driven by the loop: nothing
/// here waits. See `Bus` for how there comes to be another one.
@safe package final class BusConnection {
    private enum Phase { case opening, open, closed }

    let bus: OpaquePointer
    private let loop: EventLoop
    /// Told once, when the handshake is done.
    private var opened: () -> Void
    /// Told once, when it ends by itself, and why.
    private var lost: (String) -> Void

    private var phase = Phase.opening
    /// When the handshake was done; nil if it never was.
    package private(set) var openedAt: Instant?
    private var watch: Watch?
    private var hook: Hook?
    private var deadline: Timer?
    private var alarm: Timer?
    /// Of CLOCK_MONOTONIC, as sd-bus has it.
    private var alarmMicroseconds = UInt64.max
    /// Whether messages that sd-bus has read already wait for the end of this turn.
    private var isPutOff = false
    private var isGivenUp = false

    /// How many messages may wait for the bus to take them. A bus that takes none any more, perhaps
    /// because somebody else does not read what we said, does not get to fill our memory. One signal
    /// is about a kilobyte.
    package var queuedMessagesMax = 4096

    /// What is written in one turn. sd-bus would have megabytes, and the kernel takes its time to
    /// copy those.
    private static let sendBufferBytes: CInt = 512 << 10
    /// More than this wait for the next turn: whoever floods us does not hold up anybody else.
    private static let messagesPerTurnMax = 32
    /// A bus that accepts connections, but says nothing, is not waited for any longer.
    private static let handshakeTimeout: Duration = .seconds(30)

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - address: one, as in the D-Bus specification, “Server Addresses”.
    ///   - opened: called when calls can be made.
    ///   - lost: called with the reason when the connection has ended, never by `close`.
    init(
        to address: String, on loop: EventLoop, opened: @escaping () -> Void,
        lost: @escaping (String) -> Void
    ) throws(BusError) {
        self.loop = loop
        self.opened = opened
        self.lost = lost
        unsafe bus = try Self.start(address)
        do throws(SystemError) {
            // sd-bus closes its own.
            let copy = try loop.kernel.inherit(unsafe sd_bus_get_fd(bus))
            try loop.kernel.setOption(.sendBuffer(Self.sendBufferBytes), on: copy)
            watch = try loop.watch(copy, for: .input) { [self] _ in if !isPutOff { process() } }
        } catch {
            throw BusError(.failed, error.text)
        }
        hook = loop.beforeSleep { [self] in restate() }
        deadline = loop.timer(after: Self.handshakeTimeout) { [self] in
            fail("no answer within \(Self.handshakeTimeout.components.seconds) s")
        }
    }

    deinit { unsafe sd_bus_close_unref(bus) }

    private static func start(_ address: String) throws(BusError) -> OpaquePointer {
        var new: OpaquePointer?
        let code = unsafe sd_bus_new(&new)
        guard code >= 0, let bus = unsafe new else { throw BusError("sd_bus_new", code: code) }
        do throws(BusError) {
            try check(
                "sd_bus_set_address",
                unsafe address.withCString { unsafe sd_bus_set_address(bus, $0) })
            try check("sd_bus_set_bus_client", unsafe sd_bus_set_bus_client(bus, 1))
            try check("sd_bus_negotiate_fds", unsafe sd_bus_negotiate_fds(bus, 0))
            // Connects without waiting; all else is done by sd_bus_process.
            try check("connect", unsafe sd_bus_start(bus))
        } catch {
            unsafe sd_bus_close_unref(bus)
            throw error
        }
        return unsafe bus
    }

    static func check(_ call: StaticString, _ code: CInt) throws(BusError) {
        if code < 0 { throw BusError(call, code: code) }
    }

    package var isOpen: Bool { phase == .open }

    /// By which the bus knows us, such as `:1.17`.
    package var uniqueName: String? {
        var name: UnsafePointer<CChar>?
        guard unsafe sd_bus_get_unique_name(bus, &name) >= 0, let name = unsafe name else {
            return nil
        }
        return unsafe String(cString: name)
    }

    /// Messages that the bus has not taken yet.
    package var queuedMessages: Int {
        var count: UInt64 = 0
        guard unsafe sd_bus_get_n_queued_write(bus, &count) >= 0 else { return 0 }
        return Int(clamping: count)
    }

    /// Ends it. Nothing that was registered on it is called any more. Must have been called before it
    /// is let go.
    package func close() {
        guard phase != .closed else { return }
        phase = .closed
        (opened, lost) = ({}, { _ in })
        watch = nil
        hook = nil
        deadline = nil
        alarm = nil
        unsafe sd_bus_close(bus)
    }

    private func fail(_ reason: String) {
        guard phase != .closed else { return }
        let lost = lost
        close()
        lost(reason)
    }

    /// Something was sent.
    func noteWork() { if queuedMessages > queuedMessagesMax { giveUp() } }

    /// Ends it as one that takes no more messages. Not at once: whoever is sending is in the middle
    /// of something.
    func giveUp() {
        guard phase != .closed, !isGivenUp else { return }
        isGivenUp = true
        loop.later { [self] in fail("it takes no more messages") }
    }
}

// sd-bus keeps messages where epoll cannot see them, and changes its mind about what it waits for
// (sd_bus_get_fd(3), sd_bus_process(3)): so it is asked before each sleep.
extension BusConnection {
    private func process() {
        for _ in 0..<Self.messagesPerTurnMax {
            guard phase != .closed else { return }
            let code = unsafe sd_bus_process(bus, nil)
            if code < 0 { return fail(BusError.reason(code)) }
            if code == 0 { return noteOpening() }
        }
        loop.noteBacklog()
        noteOpening()
    }

    private func noteOpening() {
        guard phase == .opening, unsafe sd_bus_is_ready(bus) > 0 else { return }
        phase = .open
        openedAt = loop.now
        deadline = nil
        opened()
    }

    private func restate() {
        let events = unsafe sd_bus_get_events(bus)
        var microseconds = UInt64.max
        let code = unsafe sd_bus_get_timeout(bus, &microseconds)
        guard events >= 0, code >= 0 else { return fail(BusError.reason(min(events, code))) }
        var wanted: Readiness = []
        if events & POLLIN != 0 { wanted.insert(.input) }
        if events & POLLOUT != 0 { wanted.insert(.output) }
        do throws(SystemError) {
            try watch?.want(wanted)
        } catch {
            return fail(error.text)
        }
        if microseconds == 0 {
            putOff()
        } else if microseconds != alarmMicroseconds {
            setAlarm(microseconds)
        }
    }

    /// After the others have had their turn.
    private func putOff() {
        guard !isPutOff else { return }
        isPutOff = true
        loop.later { [self] in
            isPutOff = false
            process()
        }
    }

    private func setAlarm(_ microseconds: UInt64) {
        alarmMicroseconds = microseconds
        guard microseconds != .max else { return alarm = nil }
        let span = Int64(clamping: microseconds) - Self.monotonicMicroseconds()
        alarm = loop.timer(after: .microseconds(max(0, span))) { [self] in
            alarmMicroseconds = .max  // to be set again if it was too early
            process()
        }
    }

    private static func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
