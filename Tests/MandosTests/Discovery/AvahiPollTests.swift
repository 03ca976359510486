import CShims.Avahi
import CShims.Linux
import ReactorSimulation
import Testing

@testable import Mandos
@testable import Reactor

/// Plays avahi: uses the loop through the functions that it is given.
private final class Avahi {
    var watch: OpaquePointer?
    var timeout: OpaquePointer?
    var calls: [String] = []
    let api: UnsafePointer<AvahiPoll>
    /// What it does inside its callbacks.
    var whenCalled: (Avahi) -> Void = { _ in }

    init(_ api: UnsafePointer<AvahiPoll>) { self.api = api }

    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    func startWatch(_ raw: CInt) {
        watch = api.pointee.watch_new!(
            api, raw, AVAHI_WATCH_IN,
            { watch, raw, events, context in
                let avahi = Unmanaged<Avahi>.fromOpaque(context!).takeUnretainedValue()
                let seen = avahi.api.pointee.watch_get_events!(watch)
                avahi.calls.append("watch \(events.rawValue) \(seen == events)")
                avahi.whenCalled(avahi)
            }, context)
    }

    func startTimeout(_ time: WallTime?) {
        var value = timeval()
        let pointer = time.map { time -> UnsafePointer<timeval> in
            value = timeval(time)
            return withUnsafePointer(to: &value) { $0 }
        }
        timeout = api.pointee.timeout_new!(
            api, pointer,
            { _, context in
                let avahi = Unmanaged<Avahi>.fromOpaque(context!).takeUnretainedValue()
                avahi.calls.append("timeout")
                avahi.whenCalled(avahi)
            }, context)
    }

    func update(_ time: WallTime?) {
        guard let time else { return api.pointee.timeout_update!(timeout, nil) }
        var value = timeval(time)
        api.pointee.timeout_update!(timeout, &value)
    }

    func free() {
        if let watch { api.pointee.watch_free!(watch) }
        if let timeout { api.pointee.timeout_free!(timeout) }
        (watch, timeout) = (nil, nil)
    }
}

extension timeval {
    fileprivate init(_ time: WallTime) {
        self.init(
            tv_sec: Int(time.microseconds / 1_000_000), tv_usec: Int(time.microseconds % 1_000_000))
    }
}

@Suite("The loop as avahi sees it") struct AvahiPollTests {
    private let kernel: SimulatedKernel
    private let loop: EventLoop
    private let poll: AvahiPollAdapter
    private let avahi: Avahi

    init() throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
        poll = AvahiPollAdapter(on: loop)
        avahi = Avahi(poll.api)
    }

    @Test("a descriptor that is ready is reported, with what for, and stays avahi's own")
    func descriptor() throws {
        var pair = SocketPair()
        let near = pair.takeNear()
        let far = pair.takeFar()
        avahi.startWatch(near.raw)
        send([1], to: far)
        try loop.turn()
        #expect(avahi.calls == ["watch 1 true"])
        avahi.free()
        #expect(loop.registrationCount == 0)
        #expect(cshim_get_descriptor_flags(near.raw) >= 0)
    }

    @Test("avahi may free what is calling it, and is not called again")
    func freedInside() throws {
        var pair = SocketPair()
        let near = pair.takeNear()
        let far = pair.takeFar()
        avahi.startWatch(near.raw)
        avahi.startTimeout(kernel.wallTime())
        avahi.whenCalled = { $0.free() }
        send([1], to: far)
        try loop.turn()
        #expect(avahi.calls == ["timeout"])
        #expect(loop.registrationCount == 0)

        avahi.startWatch(near.raw)
        try loop.turn()
        #expect(avahi.calls == ["timeout", "watch 1 true"])
        #expect(loop.registrationCount == 0)
    }

    /// A socket that was never connected: always hung up, never to be read from.
    private func brokenSocket() -> Descriptor {
        Descriptor(adopting: socket(AF_INET6, CInt(SOCK_STREAM.rawValue), 0))
    }

    @Test("a broken descriptor is reported as one to read from, or avahi would abort")
    func brokenDescriptor() throws {
        let descriptor = brokenSocket()
        avahi.startWatch(descriptor.raw)
        avahi.whenCalled = { $0.free() }
        try loop.turn()
        let events = AVAHI_WATCH_IN.rawValue | AVAHI_WATCH_ERR.rawValue
        #expect(avahi.calls == ["watch \(events) true"])
    }

    @Test("one that stays broken does not keep the loop awake for ever")
    func brokenForEver() throws {
        var troubles = 0
        poll.troubled = { if case .deadDescriptor = $0 { troubles += 1 } }
        let descriptor = brokenSocket()
        avahi.startWatch(descriptor.raw)
        avahi.api.pointee.watch_update!(avahi.watch, AvahiWatchEvent(0))
        for _ in 0..<200 where troubles == 0 { try loop.turn() }
        #expect(troubles == 1)
        #expect(loop.registrationCount == 0)
        avahi.free()
    }

    @Test("a timeout rings once, at its calendar time")
    func timeout() throws {
        let start = loop.now
        avahi.startTimeout(kernel.wallTime() + .seconds(5))
        try loop.turn()
        #expect(avahi.calls == ["timeout"])
        #expect(loop.now == start + .seconds(5))
        #expect(loop.registrationCount == 0)
        avahi.update(kernel.wallTime() + .seconds(1))
        try loop.turn()
        #expect(avahi.calls == ["timeout", "timeout"])
        avahi.free()
    }

    @Test("a timeout without a time, or with one that was taken back, never rings")
    func disarmed() throws {
        avahi.startTimeout(nil)
        #expect(loop.registrationCount == 0)
        avahi.update(kernel.wallTime() + .seconds(5))
        #expect(loop.registrationCount == 1)
        avahi.update(nil)
        #expect(loop.registrationCount == 0)
        avahi.free()
    }

    @Test("a time that is past rings at once")
    func past() throws {
        let start = loop.now
        avahi.startTimeout(WallTime(microseconds: 0))
        try loop.turn()
        #expect(avahi.calls == ["timeout"])
        #expect(loop.now == start)
        avahi.free()
    }

    @Test("a clock that is set forward makes nothing later than it was to be")
    func setForward() throws {
        var troubles = 0
        poll.troubled = { _ in troubles += 1 }
        let start = loop.now
        let due = kernel.wallTime() + .seconds(5)
        avahi.startTimeout(due)
        kernel.stepWallClock(by: .seconds(1_000_000))
        avahi.update(due)
        try loop.turn()
        #expect(avahi.calls == ["timeout"])
        #expect(loop.now <= start + .seconds(5))
        #expect(troubles == 0)
        avahi.free()
    }

    @Test("a clock that is set back is noticed as soon as avahi sets a timeout")
    func setBack() throws {
        var troubles = 0
        poll.troubled = { if case .clockSetBack = $0 { troubles += 1 } }
        avahi.startTimeout(kernel.wallTime() + .seconds(1))
        kernel.stepWallClock(by: .milliseconds(-900))  // that much is slept through
        avahi.update(kernel.wallTime() + .seconds(1))
        #expect(troubles == 0)
        kernel.stepWallClock(by: .seconds(-3600))
        avahi.update(kernel.wallTime() + .seconds(1))
        #expect(troubles == 1)
        avahi.update(kernel.wallTime() + .seconds(2))
        #expect(troubles == 1)
        avahi.free()
    }

    @Test("that no descriptor can be had is reported, and nothing is watched", arguments: 1...2)
    func noDescriptor(_ failingCall: Int) throws {
        let kernel = try SimulatedKernel(failingCall: failingCall)
        let loop = EventLoop(kernel: kernel)
        let poll = AvahiPollAdapter(on: loop)
        var troubles: [String] = []
        poll.troubled = { if case .system(let error) = $0 { troubles.append("\(error.call)") } }
        let avahi = Avahi(poll.api)
        avahi.startWatch(0)
        #expect(troubles == [failingCall == 1 ? "fcntl" : "epoll_ctl"])
        #expect(avahi.watch != nil)  // avahi-core does not look whether it got one
        avahi.free()
        #expect(loop.registrationCount == 0)
        #expect(kernel.faultWasReached)
    }
}
