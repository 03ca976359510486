import CShims.Linux
import Reactor

/// A loop, and timers on it that are far away.
final class Scene {
    let loop: EventLoop
    private(set) var wakeUps = 0
    private var others: [HeldTimer] = []
    private var ready: Watch?

    /// - Parameter isRestless: whether something is always ready, so that no turn sleeps.
    init(timers count: Int = 0, isRestless: Bool = true) throws {
        loop = EventLoop(kernel: try LinuxKernel())
        others = (0..<count).map { HeldTimer(loop.timer(at: deadline($0)) {}) }
        guard isRestless else { return }
        ready = try loop.watch(Self.event(1), for: .input) { [unowned self] _ in wakeUps += 1 }
    }

    /// Hours away, and in no order.
    func deadline(_ number: Int) -> Instant {
        loop.now + .milliseconds(36_000_000 + number &* 2_654_435_761 % 3_600_000)
    }

    /// As often as a busy server has a turn.
    func turn(after number: Int) throws {
        if number % 100 == 99 { try loop.turn() }
    }

    /// Ready if `value` is not zero.
    static func event(_ value: UInt32) -> Descriptor {
        Descriptor(adopting: eventfd(value, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
    }
}

/// A timer in an array.
final class HeldTimer {
    var timer: Timer

    init(_ timer: consuming Timer) { self.timer = timer }
}
