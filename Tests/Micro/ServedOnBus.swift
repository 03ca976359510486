import Mandos
import Reactor

/// Clients that are served over D-Bus.
final class ServedOnBus {
    private let served: Served
    private let loop: EventLoop
    private let bus: Bus
    private let service: BusService

    init(_ count: Int) throws {
        served = try Served(count, isRestless: false)
        loop = served.scene.loop
        let log = Log(threshold: .error, sinks: [])
        bus = Bus(on: loop, log: log, addresses: BusAddress.system)
        service = BusService(
            served.registry, on: bus, loop: loop, log: log,
            facts: ServerFacts(address: "::", port: 1, interface: "", serviceName: "Mandos"))
        service.start()
        bus.start()
        while !service.isServing { try loop.turn() }
    }

    /// Gives the name back to the bus.
    deinit {
        service.stop(within: .seconds(1))
        bus.stop()
    }

    var anyPath: String { "/clients/\(served.key(1).name.text)" }

    /// Does what is called for, until the caller has ended.
    func serve(_ caller: BusCaller) throws {
        var status: ExitStatus?
        let process = try ChildProcess(caller.command, on: loop, output: { _ in }) { status = $0 }
        while status == nil { try loop.turn() }
        _ = consume process
        precondition(status == .exited(0), "the caller has failed")
    }
}
