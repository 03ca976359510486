import Reactor
import Testing

@testable import Mandos

/// What everybody is told, and in which order (DBUS-API.md).
@Suite("D-Bus signals", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct BusSignalTests {
    private static let client = "se.recompile.Mandos.Client"
    private static let legacyClient = "se.bsnet.fukt.Mandos.Client"
    private static let properties = "org.freedesktop.DBus.Properties"

    /// Those of one change.
    private func change(_ property: String, _ value: String, at path: String) -> [String] {
        [
            "\(path) \(Self.client).PropertyChanged(\"\(property)\" <\(value)>)",
            "\(path) \(Self.legacyClient).PropertyChanged(\"\(property)\" <\(value)>)",
            "\(path) \(Self.properties).PropertiesChanged"
                + "(\"\(Self.client)\" {\"\(property)\": <\(value)>} [])",
        ]
    }

    /// The same signal of both interfaces.
    private func both(_ signal: String, at path: String) -> [String] {
        [Self.client, Self.legacyClient].map { "\(path) \($0).\(signal)" }
    }

    @Test("a change is told under both interfaces, then in the standard way; no change is not told")
    func changes() throws {
        let harness = try BusServiceHarness("a")
        try harness.listen()
        for _ in 0..<2 {
            #expect(
                try harness.set("ApprovalDelay", of: "/clients/a", "i") { $0.append(Int32(5000)) }
                    == "")
        }
        #expect(
            try harness.takeSignals() == change("ApprovalDelay", "5000", at: "/clients/a"))
        #expect(
            try harness.set(
                "Host", of: "/clients/a", "s", interface: Self.legacyClient
            ) { $0.append("x") } == "")
        #expect(try harness.takeSignals() == change("Host", "\"x\"", at: "/clients/a"))
        harness.tearDown()
    }

    @Test("the signals of a call come before its answer")
    func signalsFirst() throws {
        let harness = try BusServiceHarness("a")
        try harness.listen()
        _ = try harness.set("Host", of: "/clients/a", "s") { $0.append("x") }
        #expect(harness.signals.count == 3)
        harness.tearDown()
    }

    @Test("what happens to a client is told twice, with its values")
    func events() throws {
        let harness = try BusServiceHarness("a.b")
        let (path, name) = ("/clients/a_b", ClientName("a.b"))
        try harness.listen()
        let events: [(ClientSignal, String)] = [
            (.checkerStarted(command: "x"), #"CheckerStarted("x")"#),
            (.checkerCompleted(.exited(0), command: "x"), #"CheckerCompleted(0 0 "x")"#),
            (.checkerCompleted(.exited(3), command: "x"), #"CheckerCompleted(3 768 "x")"#),
            (.checkerCompleted(.killed(9), command: "x"), #"CheckerCompleted(-1 9 "x")"#),
            (.gotSecret, "GotSecret()"),
            (
                .needApproval(delay: .milliseconds(1500), isApprovedByDefault: true),
                "NeedApproval(1500 true)"
            ),
            (.rejected(.disabled), #"Rejected("Disabled")"#),
            (.rejected(.denied), #"Rejected("Denied")"#),
            (.rejected(.timedOut), #"Rejected("Approval timed out")"#),
        ]
        for (event, text) in events {
            harness.service.client(name, emitted: event)
            #expect(try harness.takeSignals() == both(text, at: path))
        }
        harness.tearDown()
    }

    @Test("a stranger's key and address are told")
    func stranger() throws {
        let harness = try BusServiceHarness("a")
        try harness.listen()
        harness.service.clientNotFound(.ofNothing, address: "fe80::1")
        let expected = ["se.recompile.Mandos", "se.bsnet.fukt.Mandos"].map {
            "/ \($0).ClientNotFound(\"\(KeyID.ofNothing.hex)\" \"fe80::1\")"
        }
        #expect(try harness.takeSignals() == expected)
        harness.tearDown()
    }

    @Test("a client that is removed leaves the bus, and says nothing else")
    func removal() throws {
        let harness = try BusServiceHarness("a", "b")
        harness.registry.start()
        try harness.settle()
        try harness.listen()
        #expect(
            try harness.call("/", "se.recompile.Mandos", "RemoveClient") {
                $0.append("/clients/a", as: .objectPath)
            } == "")
        let interfaces = [
            "org.freedesktop.DBus.Introspectable", Self.properties, Self.client, Self.legacyClient,
        ].map { "\"\($0)\"" }.joined(separator: ", ")
        #expect(
            try harness.takeSignals() == [
                "/ org.freedesktop.DBus.ObjectManager.InterfacesRemoved(/clients/a [\(interfaces)])",
                #"/ se.recompile.Mandos.ClientRemoved(/clients/a "a")"#,
                #"/ se.bsnet.fukt.Mandos.ClientRemoved(/clients/a "a")"#,
            ])
        #expect(try harness.get("Name", of: "/clients/a").hasPrefix("UnknownObject"))
        #expect(harness.registry.names == [ClientName("b")])
        harness.tearDown()
    }

    @Test("enabling and disabling tell each property once, in the order of the contract")
    func enabling() throws {
        let harness = try BusServiceHarness("a")
        try harness.listen()
        let path = "/clients/a"
        #expect(try harness.set("Enabled", of: path, "b") { $0.append(true) } == "")
        #expect(
            try told(harness) == ["Enabled", "LastEnabled", "Expires"])
        #expect(try harness.call(path, Self.client, "Disable") == "")
        #expect(try told(harness) == ["Expires", "Enabled"])
        #expect(try harness.call(path, Self.client, "Disable") == "")
        #expect(try told(harness) == [])
        harness.tearDown()
    }

    /// The properties whose change was told in the standard way.
    private func told(_ harness: BusServiceHarness) throws -> [String] {
        try harness.takeSignals().filter { $0.contains("PropertiesChanged") }.compactMap {
            $0.split(separator: "{\"").last?.split(separator: "\"").first.map(String.init)
        }
    }

    @Test("all clients are introduced when the service begins, and taken off when it ends")
    func introduction() throws {
        let names = (0..<40).map { "c\($0)" }
        let harness = try BusServiceHarness(
            names.map { ServiceHarness.client($0, keyID: nil) }, isServing: false)
        try harness.listen()
        try harness.bus.run { harness.service.isServing }
        try harness.bus.run { harness.signals.count == 3 * names.count }
        let added = harness.signals.filter { $0.contains("InterfacesAdded(") }
        #expect(added.count == names.count && added[39].contains("/clients/c39 {"))
        let introduced = names.flatMap { name in
            ["se.recompile.Mandos", "se.bsnet.fukt.Mandos"].map {
                "/ \($0).ClientAdded(/clients/\(name))"
            }
        }
        #expect(harness.signals.filter { !$0.contains("InterfacesAdded(") } == introduced)
        _ = try harness.takeSignals()
        harness.service.stop(within: .seconds(1))
        try harness.bus.run { harness.signals.count == 3 * names.count }
        #expect(harness.signals.count { $0.contains("InterfacesRemoved(/clients/c") } == 40)
        harness.tearDown()
    }

    @Test("who asks for all clients hears of changes made meanwhile after the answer, not before")
    func changesDuringAnswer() throws {
        let names = (0..<500).map { "c\($0)" }
        let harness = try BusServiceHarness(
            names.map { ServiceHarness.client($0, keyID: nil) })
        try harness.settle()
        try harness.listen()
        var answer: String?
        let slot = try harness.bus.peer.connection!.call(
            .init("se.recompile.Mandos", "/", "org.freedesktop.DBus.ObjectManager"),
            "GetManagedObjects"
        ) { reply in
            answer = (try? reply.get()).map { BusText.values($0) } ?? "error"
            #expect(harness.signals == [])
        }
        // The first clients are in the answer already, the last are not.
        try harness.bus.run { harness.service.isAnswering }
        for name in ["c0", "c499"] {
            harness.registry.change(.host("new"), of: ClientName(name))
        }
        harness.registry.remove(ClientName("c498"))
        try harness.bus.run { answer != nil }
        #expect(answer!.components(separatedBy: "/clients/c").count - 1 == 499 + 499 * 2)
        #expect(answer!.components(separatedBy: "\"Host\": <\"new\">").count - 1 == 2)
        let told = try harness.takeSignals()
        #expect(told.count == 3 + 3 + 3)
        _ = consume slot
        harness.tearDown()
    }
}
