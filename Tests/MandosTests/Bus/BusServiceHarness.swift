import Reactor

@testable import Mandos

/// Clients that are served over a private bus, and a peer that calls them and hears their signals.
final class BusServiceHarness {
    let bus: BusHarness
    let registry: ClientRegistry
    let service: BusService
    private(set) var signals: [String] = []

    static let facts = ServerFacts(
        address: "::1", port: 4711, interface: "eth0", serviceName: "Mandos")

    /// - Parameter isServing: whether to wait until it is.
    init(
        _ clients: [ClientSettings], isServing: Bool = true, policy: String = PrivateBus.everything
    ) throws {
        bus = try BusHarness(policy: policy)
        var policy = CheckerPolicy()
        policy.delay = { $0 }
        registry = ClientRegistry(
            clients, on: bus.loop, log: Log(threshold: .debug, sinks: [bus.sink]), checkers: policy)
        service = BusService(
            registry, on: bus.bus, loop: bus.loop,
            log: Log(threshold: .debug, sinks: [bus.sink]), facts: Self.facts)
        service.start()
        bus.peer.start()
        try bus.run { bus.peer.isOpen }
        bus.bus.start()
        if isServing { try bus.run { service.isServing && !service.isAnswering } }
    }

    convenience init(_ names: String...) throws {
        try self.init(names.map { ServiceHarness.client($0, keyID: nil) })
    }

    func tearDown() {
        service.stop(within: .zero)
        registry.stop(within: .zero)
        bus.tearDown()
    }

    /// From now on notes what is said to everybody.
    func listen() throws {
        let rule = "type='signal',path_namespace='/',sender='\(bus.bus.connection!.uniqueName!)'"
        try bus.peer.connection!.match(rule) { [unowned self] in
            signals.append(BusText.signal($0))
        }.float()
        try settle()
    }

    /// Turns until everything said before has been heard.
    func settle() throws {
        try bus.run { !service.isAnswering }
        _ = try call("/", "org.freedesktop.DBus.Peer", "Ping")
    }

    /// What was heard since the last time.
    func takeSignals() throws -> [String] {
        try settle()
        defer { signals = [] }
        return signals
    }

    /// - Returns: the values of the answer, or `NAME: MESSAGE` of the error.
    func call(
        _ path: String, _ interface: String?, _ member: String,
        destination: String = "se.recompile.Mandos", _ arguments: (BusMessage) -> Void = { _ in }
    ) throws -> String {
        let target = BusConnection.Target(destination, path, interface)
        switch try bus.call(target, member, arguments: arguments) {
        case .success(let message): return BusText.values(message)
        case .failure(let error): return error.shortText
        }
    }

    func get(_ name: String, of path: String) throws -> String {
        try call(path, "org.freedesktop.DBus.Properties", "Get") {
            $0.append("se.recompile.Mandos.Client")
            $0.append(name)
        }
    }

    /// - Parameters:
    ///   - type: the signature of the value, nil for one that `value` wraps itself.
    func set(
        _ name: String, of path: String, _ type: StaticString,
        interface: String = "se.recompile.Mandos.Client", _ value: @escaping (BusMessage) -> Void
    ) throws -> String {
        try call(path, "org.freedesktop.DBus.Properties", "Set") { call in
            call.append(interface)
            call.append(name)
            call.append(.variant, type) { value(call) }
        }
    }
}

extension BusError {
    /// Without what all have in front.
    var shortText: String {
        let prefix = "org.freedesktop.DBus.Error."
        return "\(name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name): \(message)"
    }
}
