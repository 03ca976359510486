import CShims.Bus
import Reactor
import ReactorSimulation

@testable import Mandos

/// A private bus, and two who are on it, in one loop.
final class BusHarness {
    let kernel: SimulatedKernel
    let loop: EventLoop
    let sink = RecordingSink()
    let daemon: PrivateBus
    let bus: Bus
    let peer: Bus
    let user = RecordingUser()
    /// So that the loop never sleeps for ever, as it rightly would with a bus that says nothing.
    private var heartbeat: Timer?

    init(
        isStarted: Bool = true, policy: String = PrivateBus.everything, failingCall: Int? = nil
    ) throws {
        kernel = try SimulatedKernel(failingCall: failingCall)
        // The daemon is a real process.
        kernel.patience = .milliseconds(200)
        loop = EventLoop(kernel: kernel)
        daemon = try PrivateBus(policy: policy)
        if isStarted { try daemon.start() }
        let log = Log(threshold: .debug, sinks: [sink])
        bus = Bus(on: loop, log: log, addresses: [daemon.address])
        peer = Bus(on: loop, log: Log(threshold: .debug, sinks: []), addresses: [daemon.address])
        bus.add(user)
        beat()
    }

    private func beat() {
        heartbeat = loop.timer(after: .seconds(3600)) { [self] in beat() }
    }

    /// Both are connected.
    static func connected(policy: String = PrivateBus.everything) throws -> BusHarness {
        let harness = try BusHarness(policy: policy)
        harness.bus.start()
        harness.peer.start()
        try harness.run { harness.bus.isOpen && harness.peer.isOpen }
        return harness
    }

    func tearDown() {
        bus.stop()
        peer.stop()
        daemon.stop()
        heartbeat = nil
    }

    func run(until isDone: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if isDone() { return }
            try loop.turn()
        }
        tearDown()  // or the daemon would outlive the test
        throw NotReached(log: sink.lines)
    }

    struct NotReached: Error { let log: [String] }

    /// Calls a method of `bus` from `peer`, and waits for the answer.
    func call(
        _ path: String, _ interface: String, _ member: String,
        arguments: (BusMessage) -> Void = { _ in }
    ) throws -> Result<BusMessage, BusError> {
        try call(
            BusConnection.Target(bus.connection!.uniqueName!, path, interface), member,
            arguments: arguments)
    }

    func call(
        _ target: BusConnection.Target, _ member: String,
        arguments: (BusMessage) -> Void = { _ in }
    ) throws -> Result<BusMessage, BusError> {
        var answer: Result<BusMessage, BusError>?
        let slot = try peer.connection!.call(target, member, arguments: arguments) { answer = $0 }
        try run { answer != nil }
        _ = consume slot
        return answer!
    }

    /// Has `peer` send a signal such as only the bus should, to one alone.
    func forge(_ member: StaticString, _ arguments: String..., to user: Bus) throws {
        let signal = try peer.connection!.newSignal(
            "/org/freedesktop/DBus", "org.freedesktop.DBus", member)
        for argument in arguments { signal.append(argument) }
        let name = user.connection!.uniqueName!
        try BusConnection.check(
            "sd_bus_message_set_destination",
            name.withCString { sd_bus_message_set_destination(signal.message, $0) })
        try peer.connection!.send(signal)
    }
}

extension Bus {
    var isOpen: Bool { connection?.isOpen ?? false }
}

/// Notes what a user of the bus is told.
final class RecordingUser: BusUser {
    private(set) var events: [String] = []
    var whenOpened: (BusConnection) -> Void = { _ in }

    func busOpened(_ connection: BusConnection) {
        events.append("opened")
        whenOpened(connection)
    }

    func busLost() { events.append("lost") }
}
