import Reactor
import Testing

@testable import Mandos

/// The objects, called over Debian's dbus-daemon.
@Suite("D-Bus objects", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct BusServiceTests {
    private static let client = "se.recompile.Mandos.Client"
    private static let legacyClient = "se.bsnet.fukt.Mandos.Client"
    private static let properties = "org.freedesktop.DBus.Properties"

    private func record(_ name: String, _ harness: BusServiceHarness) -> ClientRecord {
        harness.registry.record(of: ClientName(name))!
    }

    @Test("both names lead to both interfaces, and so do calls that name none")
    func names() throws {
        let harness = try BusServiceHarness("a")
        for name in ["se.recompile.Mandos", "se.bsnet.fukt.Mandos"] {
            for interface in ["se.recompile.Mandos", "se.bsnet.fukt.Mandos"] {
                let answer = try harness.call("/", interface, "GetAllClients", destination: name)
                #expect(answer == "[/clients/a]")
            }
        }
        #expect(try harness.call("/", nil, "GetAllClients") == "[/clients/a]")
        harness.tearDown()
    }

    @Test("a client shows the same properties one by one, all at once, and in every list")
    func properties() throws {
        let harness = try BusServiceHarness("a.b")
        let path = "/clients/a_b"
        let all = try harness.call(path, Self.properties, "GetAll") { $0.append(Self.client) }
        for property in ClientObjectProperty.allCases where property != .secret {
            let value = try harness.get(property.title.description, of: path)
            #expect(all.contains("\"\(property.title)\": \(value)"))
        }
        #expect(!all.contains("Secret"))
        let objects = try harness.call(
            "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        let standard =
            #""org.freedesktop.DBus.Introspectable": {}, "org.freedesktop.DBus.Properties": {}"#
        #expect(
            objects == "{\(path): {\(standard), \"\(Self.client)\": \(all), "
                + "\"\(Self.legacyClient)\": \(all)}}")
        let clients = try harness.call("/", "se.recompile.Mandos", "GetAllClientsWithProperties")
        #expect(clients == "{\(path): \(all)}")
        harness.tearDown()
    }

    @Test("GetAll of an empty interface gives all properties, of an unknown one none")
    func getAll() throws {
        let harness = try BusServiceHarness("a")
        func all(_ interface: String) throws -> String {
            try harness.call("/clients/a", Self.properties, "GetAll") { $0.append(interface) }
        }
        #expect(try all("") == all(Self.legacyClient))
        #expect(try all("no.such.Interface") == "{}")
        harness.tearDown()
    }

    @Test("times are numbers of milliseconds of any type, without fractions when shown")
    func durations() throws {
        let harness = try BusServiceHarness("a")
        func check(
            _ type: StaticString, _ expected: String, _ value: @escaping (BusMessage) -> Void
        ) throws {
            let answer = try harness.set("ExtendedTimeout", of: "/clients/a", type, value)
            #expect(answer == "", "set to \(type)")
            #expect(try harness.get("ExtendedTimeout", of: "/clients/a") == "<\(expected)>")
        }
        try check("y", "200") { $0.append(UInt8(200)) }
        try check("n", "201") { $0.append(Int16(201)) }
        try check("q", "65535") { $0.append(UInt16.max) }
        try check("i", "2147483647") { $0.append(Int32.max) }
        try check("u", "4294967295") { $0.append(UInt32.max) }
        try check("x", "1099511627776") { $0.append(Int64(1) << 40) }
        try check("t", "86399999913600000") { $0.append(UInt64(86_399_999_913_600_000)) }
        try check("b", "1") { $0.append(true) }
        try check("d", "2") { $0.append(2.999) }
        #expect(record("a", harness).settings.extendedTimeout == .microseconds(2999))
        try check("v", "7") { call in call.append(.variant, "u") { call.append(UInt32(7)) } }
        harness.tearDown()
    }

    @Test("no time, negative and too long ones are refused, and nothing changes")
    func badDurations() throws {
        let harness = try BusServiceHarness("a")
        func refusal(
            _ type: StaticString, of property: String = "Timeout",
            _ value: @escaping (BusMessage) -> Void
        ) throws -> String {
            try harness.set(property, of: "/clients/a", type, value)
        }
        let negative = "InvalidArgs: Timeout: expected a time, found a negative one"
        #expect(try refusal("i") { $0.append(Int32(-1)) } == negative)
        #expect(try refusal("d") { $0.append(-0.5) } == negative)
        #expect(try refusal("d") { $0.append(Double.nan) } == negative)
        let long = "InvalidArgs: Timeout: expected at most 999999999 days"
        #expect(try refusal("t") { $0.append(UInt64.max) } == long)
        #expect(try refusal("t") { $0.append(UInt64(86_399_999_913_600_001)) } == long)
        #expect(try refusal("d") { $0.append(Double.infinity) } == long)
        let none = "InvalidArgs: Timeout: expected a number of milliseconds"
        #expect(try refusal("s") { $0.append("5") } == none)
        #expect(try refusal("as") { $0.append(.array, "s") {} } == none)
        #expect(
            try refusal("u", of: "Interval") { $0.append(UInt32(0)) }
                == "InvalidArgs: Interval: expected a time longer than zero")
        #expect(record("a", harness).settings.timeout == .seconds(300))
        #expect(record("a", harness).settings.interval == .seconds(120))
        harness.tearDown()
    }

    @Test("what is not false is true")
    func truths() throws {
        let harness = try BusServiceHarness("a")
        func check(
            _ expected: Bool, _ type: StaticString, _ value: @escaping (BusMessage) -> Void
        ) throws {
            #expect(try harness.set("ApprovedByDefault", of: "/clients/a", type, value) == "")
            #expect(record("a", harness).settings.isApprovedByDefault == expected, "\(type)")
        }
        try check(false, "b") { $0.append(false) }
        try check(true, "s") { $0.append("false") }
        try check(false, "s") { $0.append("") }
        try check(true, "n") { $0.append(Int16(-1)) }
        try check(false, "t") { $0.append(UInt64(0)) }
        try check(true, "d") { $0.append(0.1) }
        try check(false, "au") { $0.append(.array, "u") {} }
        try check(true, "as") { call in call.append(.array, "s") { call.append("") } }
        try check(false, "v") { call in call.append(.variant, "y") { call.append(UInt8(0)) } }
        harness.tearDown()
    }

    @Test("numbers are as good as texts, lists are not")
    func texts() throws {
        let harness = try BusServiceHarness("a")
        func set(_ type: StaticString, _ value: @escaping (BusMessage) -> Void) throws -> String {
            try harness.set("Host", of: "/clients/a", type, value)
        }
        #expect(try set("s") { $0.append("ü.example") } == "")
        #expect(record("a", harness).settings.host == "ü.example")
        #expect(try set("i") { $0.append(Int32(-5)) } == "")
        #expect(record("a", harness).settings.host == "-5")
        #expect(try set("o") { $0.append("/a/b", as: .objectPath) } == "")
        #expect(record("a", harness).settings.host == "/a/b")
        #expect(try set("as") { $0.append(.array, "s") {} } == "InvalidArgs: Host: expected a text")
        #expect(record("a", harness).settings.host == "/a/b")
        harness.tearDown()
    }

    @Test("a secret can be set, but nobody can read it")
    func secret() throws {
        let harness = try BusServiceHarness("a")
        try harness.listen()
        let answer = try harness.set("Secret", of: "/clients/a", "ay") {
            $0.append([0, 1, 255] as [UInt8])
        }
        #expect(answer == "")
        #expect(
            record("a", harness).settings.secret
                == SharedSecret(SensitiveBytes(copying: [0, 1, 255])))
        #expect(try harness.get("Secret", of: "/clients/a") == "InvalidArgs: Secret cannot be read")
        #expect(
            try harness.takeSignals() == [
                "/clients/a \(Self.properties).PropertiesChanged"
                    + "(\"\(Self.client)\" {} [\"Secret\"])"
            ])
        #expect(
            try harness.set("Secret", of: "/clients/a", "s") { $0.append("x") }
                == "InvalidArgs: Secret: expected a value of type “ay”")
        harness.tearDown()
    }

    @Test("errors have the names of the standard")
    func errors() throws {
        let harness = try BusServiceHarness("a")
        func set(_ property: String, interface: String = Self.client) throws -> String {
            try harness.set(property, of: "/clients/a", "b", interface: interface) {
                $0.append(true)
            }
        }
        #expect(try set("Expires") == "PropertyReadOnly: Expires cannot be set")
        #expect(try set("Nonsense").hasPrefix("UnknownProperty: "))
        #expect(try set("Enabled", interface: "").hasPrefix("UnknownInterface: "))
        #expect(try harness.get("Nonsense", of: "/clients/a").hasPrefix("UnknownProperty: "))
        #expect(try harness.get("Name", of: "/clients/b").hasPrefix("UnknownObject: "))
        #expect(try harness.call("/clients/a", Self.client, "No").hasPrefix("UnknownMethod: "))
        #expect(try harness.call("/clients/a", "no.Such", "Enable").hasPrefix("UnknownMethod: "))
        #expect(try harness.call("/", Self.client, "Enable").hasPrefix("UnknownMethod: "))
        #expect(try harness.call("/clients", "a.b", "C").hasPrefix("UnknownMethod: "))
        #expect(try harness.call("/x", "a.b", "C").hasPrefix("UnknownObject: "))
        #expect(
            try harness.call("/", "se.recompile.Mandos", "RemoveClient") {
                $0.append("/clients/b", as: .objectPath)
            } == "UnknownObject: there is no client /clients/b")
        #expect(try harness.call("/clients/a", Self.client, "Approve").hasPrefix("InvalidArgs: "))
        #expect(
            try harness.call("/clients/a", Self.client, "Disable") { $0.append("x") }
                == "InvalidArgs: too many arguments: “s”")
        #expect(record("a", harness).settings.isEnabled)
        harness.tearDown()
    }

    @Test("introspection lists what there is, and what is old is marked so")
    func introspection() throws {
        let harness = try BusServiceHarness("a", "b/c")
        func xml(_ path: String) throws -> String {
            try harness.call(path, "org.freedesktop.DBus.Introspectable", "Introspect")
        }
        #expect(try xml("/").contains(#"<node name="clients"/>"#))
        #expect(try xml("/clients").contains("<node name=\"a\"/>\n<node name=\"b\"/>"))
        #expect(try xml("/clients/b").contains(#"<node name="c"/>"#))
        let client = try xml("/clients/a")
        #expect(client.contains(#"<property name="Secret" type="ay" access="write">"#))
        #expect(
            client.contains(
                """
                <interface name="se.bsnet.fukt.Mandos.Client">
                <annotation name="org.freedesktop.DBus.Deprecated" value="true"/>
                """))
        harness.tearDown()
    }

    @Test("a name that is no path, and two with the same one, are reachable and harm nobody")
    func oddNames() throws {
        let harness = try BusServiceHarness("a.b", "a-b", "Gerät 1")
        for (name, path) in [
            ("a.b", "/clients/a_b"), ("a-b", "/clients/a_b_\(ClientName("a-b").fingerprint)"),
            ("Gerät 1", "/clients/Ger_c3_a4t_201"),
        ] {
            #expect(try harness.get("Name", of: path) == "<\"\(name)\">")
            #expect(try harness.get("ObjectPath", of: path) == "<\(path)>")
        }
        harness.tearDown()
    }
}
