import Reactor
import Testing

@testable import Mandos

/// The service, and a bus that does not always do what it should.
@Suite("D-Bus service", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct BusServiceLifeTests {
    private let clients = [ServiceHarness.client("a", keyID: nil)]
    private static let client = "se.recompile.Mandos.Client"

    @Test("a bus that was restarted gets names and objects back")
    func restart() throws {
        let harness = try BusServiceHarness("a")
        harness.bus.daemon.stop()
        try harness.bus.run { !harness.service.isServing }
        harness.registry.disable(ClientName("a"), reason: "meanwhile")
        try harness.bus.daemon.start()
        try harness.bus.run { harness.service.isServing && harness.bus.peer.isOpen }
        #expect(try harness.get("Name", of: "/clients/a") == #"<"a">"#)
        #expect(try harness.get("Enabled", of: "/clients/a") == "<false>")
        harness.tearDown()
    }

    @Test("a name that somebody else has is an error, once, and taken when it is free")
    func taken() throws {
        let harness = try BusHarness.connected()
        try harness.peer.connection!.requestName("se.bsnet.fukt.Mandos") { _ in }.float()
        _ = try harness.call(.bus, "GetId").get()
        let log = Log(threshold: .debug, sinks: [harness.sink])
        let registry = ClientRegistry(clients, on: harness.loop, log: log)
        let service = BusService(
            registry, on: harness.bus, loop: harness.loop, log: log,
            facts: BusServiceHarness.facts)
        service.start()
        let start = harness.loop.now
        try harness.run { harness.loop.now > start + .seconds(300) }
        #expect(harness.sink.lines.count { $0.hasPrefix("ERROR") } == 1)
        #expect(
            harness.sink.contains(.error, "D-Bus name se.bsnet.fukt.Mandos: somebody else has it"))
        // All or nothing: nobody is led to believe that the service is there.
        let owner = try harness.call(.bus, "GetNameOwner") { $0.append("se.recompile.Mandos") }
        #expect(throws: BusError.self) { try owner.get() }
        try harness.peer.connection!.releaseName("se.bsnet.fukt.Mandos")
        try harness.run { service.isServing }
        #expect(harness.sink.contains(.info, "D-Bus service is available"))
        service.stop(within: .zero)
        harness.tearDown()
    }

    @Test("a name that is taken from us is a warning, and taken again when it is free")
    func lost() throws {
        let harness = try BusServiceHarness("a")
        let name = "se.recompile.Mandos"
        // What nobody else can bring about: the bus lets others replace us from now on.
        try harness.requestName(name, 1, from: harness.bus.bus)
        try harness.requestName(name, 2, from: harness.bus.peer)
        try harness.bus.run { !harness.service.isServing }
        #expect(
            harness.bus.sink.contains(.warning, "D-Bus name \(name) was taken from us"))
        // All or nothing, as with a name that cannot be had.
        let other = "se.bsnet.fukt.Mandos"
        try harness.bus.run { (try? harness.owner(of: other)) == .some(nil) }
        #expect(try harness.owner(of: name) == harness.bus.peer.connection?.uniqueName)
        try harness.bus.peer.connection!.releaseName(name)
        try harness.bus.run { harness.service.isServing }
        #expect(try harness.owner(of: name) == harness.bus.bus.connection?.uniqueName)
        #expect(try harness.get("Name", of: "/clients/a") == #"<"a">"#)
        #expect(harness.bus.sink.contains(.info, "D-Bus service is available"))
        harness.tearDown()
    }

    @Test("only the bus itself is believed that a name is not ours any more")
    func forged() throws {
        let harness = try BusServiceHarness("a")
        try harness.bus.forge("NameLost", "se.recompile.Mandos", to: harness.bus.bus)
        #expect(try harness.get("Name", of: "/clients/a") == #"<"a">"#)
        #expect(!harness.bus.sink.contains(.warning, "was taken from us"))
        harness.tearDown()
    }

    @Test("a bus that refuses a name is an error, and the rest of the server goes on")
    func refused() throws {
        let harness = try BusServiceHarness(
            clients, isServing: false, policy: "<allow send_destination='*'/>")
        try harness.bus.run { harness.bus.sink.contains(.error, "D-Bus name se.recompile.Mandos") }
        #expect(harness.bus.sink.contains(.error, "AccessDenied"))
        harness.tearDown()
    }

    @Test("a service that was ended does not come back with the bus")
    func ended() throws {
        let harness = try BusServiceHarness("a")
        harness.service.stop(within: .seconds(1))
        harness.bus.daemon.stop()
        try harness.bus.run { !harness.bus.bus.isOpen }
        try harness.bus.daemon.start()
        try harness.bus.run { harness.bus.bus.isOpen && harness.bus.peer.isOpen }
        #expect(try harness.get("Name", of: "/clients/a").hasPrefix("ServiceUnknown: "))
        harness.tearDown()
    }

    @Test("a bus that takes nothing is not waited for longer than the service may take to end")
    func deafBus() throws {
        let harness = try BusServiceHarness("a")
        harness.bus.daemon.suspend()
        // More than the socket holds, so that there is something left to be sent.
        let connection = harness.bus.bus.connection!
        for _ in 0..<50 {
            let signal = try connection.newSignal("/", "a.b", "Something")
            signal.append(String(repeating: "x", count: 100_000))
            try connection.send(signal)
        }
        harness.bus.kernel.patience = .zero
        let start = harness.bus.loop.now
        harness.service.stop(within: .milliseconds(40))
        #expect(harness.bus.loop.now == start + .milliseconds(40))
        #expect(connection.queuedMessages > 0)
        harness.tearDown()
    }

    @Test("once the end has begun calls are refused, and what changes is not told")
    func refusing() throws {
        let harness = try BusServiceHarness("a")
        try harness.listen()
        harness.service.beginStop()
        let refusal = "ServiceUnknown: the server is about to end"
        #expect(try harness.call("/clients/a", Self.client, "Enable") == refusal)
        #expect(try harness.call("/", "se.recompile.Mandos", "GetAllClients") == refusal)
        #expect(harness.registry.record(of: ClientName("a"))?.isEnabled == false)
        harness.registry.change(.host("x"), of: ClientName("a"))
        let told = try harness.takeSignals()
        #expect(told.count == 3)
        #expect(told.allSatisfy { $0.contains("Removed(/clients/a ") }, "\(told)")
        harness.tearDown()
    }

    @Test("answers to many who ask for all clients are made one after the other")
    func manyAnswers() throws {
        let harness = try BusServiceHarness((0..<200).map { ServiceHarness.client("c\($0)") })
        try harness.settle()
        var answers: [Result<BusMessage, BusError>] = []
        for _ in 0..<20 {
            try harness.bus.peer.connection!.call(
                .init("se.recompile.Mandos", "/", "org.freedesktop.DBus.ObjectManager"),
                "GetManagedObjects"
            ) { answers.append($0) }.float()
        }
        try harness.bus.run { answers.count == 20 }
        let texts = answers.map { answer in
            switch answer {
            case .success(let message): BusText.values(message)
            case .failure(let error): error.shortText
            }
        }
        let refusal = "LimitsExceeded: others are being told of all clients, try again later"
        #expect(Set(texts).subtracting([refusal]).count == 1)
        #expect(texts.count { $0 == refusal } <= 4)
        harness.tearDown()
    }

    @Test("a machine gets its secret while an answer with all clients is being made")
    func machineMeanwhile() throws {
        let bus = try BusHarness.connected()
        let others = (0..<4000).map { ServiceHarness.client("c\($0)", keyID: nil) }
        let harness = try ServiceHarness(
            clients: [ServiceHarness.client("booting")] + others, beside: bus)
        try harness.listen()
        let service = BusService(
            harness.registry, on: bus.bus, loop: bus.loop,
            log: Log(threshold: .debug, sinks: [bus.sink]), facts: BusServiceHarness.facts)
        service.start()
        try bus.run { service.isServing && !service.isAnswering }
        var isAnswered = false
        try bus.peer.connection!.call(
            .init("se.recompile.Mandos", "/", "org.freedesktop.DBus.ObjectManager"),
            "GetManagedObjects"
        ) { _ in isAnswered = true }.float()
        try bus.run { service.isAnswering }
        let machine = try harness.connect()
        machine.boot()
        try bus.run { machine.isDone }
        #expect(machine.received == Array("secret".utf8))
        #expect(service.isAnswering && !isAnswered)
        try bus.run { isAnswered }
        service.stop(within: .zero)
        harness.service.stop()
        harness.registry.stop(within: .zero)
        bus.tearDown()
    }

    @Test("the server tells about itself, and its log level can be set")
    func server() throws {
        let harness = try BusServiceHarness("a")
        let interface = "se.recompile.Mandos.Server1"
        let all = try harness.call("/", "org.freedesktop.DBus.Properties", "GetAll") {
            $0.append(interface)
        }
        #expect(
            all == "{\"Version\": <\"\(Version.current)\">, \"Address\": <\"::1\">, "
                + "\"Port\": <4711>, \"Interface\": <\"eth0\">, \"ServiceName\": <\"Mandos\">, "
                + "\"LogLevel\": <\"DEBUG\">, \"StateProblems\": <\"\">, \"AddedClients\": <[]>}")
        try harness.listen()
        func set(_ property: String, _ value: String) throws -> String {
            try harness.set(property, of: "/", "s", interface: interface) { $0.append(value) }
        }
        #expect(try set("LogLevel", "info") == "")
        #expect(
            try harness.takeSignals() == [
                "/ org.freedesktop.DBus.Properties.PropertiesChanged"
                    + "(\"\(interface)\" {\"LogLevel\": <\"INFO\">} [])"
            ])
        #expect(
            try set("LogLevel", "loud")
                == "InvalidArgs: LogLevel: expected a log level such as INFO"
        )
        #expect(try set("Port", "1") == "PropertyReadOnly: Port cannot be set")
        harness.tearDown()
    }
}

extension BusServiceHarness {
    /// - Parameter flags: those of the D-Bus specification, `org.freedesktop.DBus.RequestName`.
    fileprivate func requestName(_ name: String, _ flags: UInt32, from user: Bus) throws {
        var answer: Result<BusMessage, BusError>?
        let slot = try user.connection!.call(
            .bus, "RequestName",
            arguments: {
                $0.append(name)
                $0.append(flags)
            }, reply: { answer = $0 })
        try bus.run { answer != nil }
        _ = try answer!.get()
        _ = consume slot
    }

    /// Its unique name; nil if there is none.
    fileprivate func owner(of name: String) throws -> String? {
        switch try bus.call(.bus, "GetNameOwner", arguments: { $0.append(name) }) {
        case .success(let message): return try message.readString()
        case .failure: return nil
        }
    }
}
