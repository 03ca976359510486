import Reactor
import Testing

@testable import Mandos

@Suite("AddClient", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct AddClientTests {
    private let harness: BusServiceHarness

    init() throws { harness = try BusServiceHarness("old") }

    /// - Parameter options: appends entries with `text`, `number` and the like.
    private func add(_ options: (Options) -> Void) throws -> String {
        try harness.call("/", "se.recompile.Mandos.Server1", "AddClient") { call in
            call.append(.array, "{sv}") { options(Options(call: call)) }
        }
    }

    private struct Options {
        let call: BusMessage

        func text(_ key: String, _ value: String) { entry(key, "s") { call.append(value) } }

        func number(_ key: String, _ value: UInt64) { entry(key, "t") { call.append(value) } }

        func flag(_ key: String, _ value: Bool) { entry(key, "b") { call.append(value) } }

        func bytes(_ key: String, _ value: [UInt8]) { entry(key, "ay") { call.append(value) } }

        private func entry(_ key: String, _ type: StaticString, _ value: () -> Void) {
            call.append(.dictionaryEntry, "sv") {
                call.append(key)
                call.append(.variant, type, value)
            }
        }
    }

    private let keyID = "F462F7A3DBC856B94E78E9153E77CE7EF619F69AD47CA48787E76FA07AECEDB8"

    @Test("a client with all options is served at once, and all are told")
    func everything() throws {
        try harness.listen()
        let answer = try add { options in
            options.text("name", "new.example")
            options.text("key_id", keyID.lowercased())
            options.text("fingerprint", "ab cd")
            options.bytes("secret", [0, 1, 255])
            options.text("host", "50%")
            options.text("checker", "check %(host)s")
            options.number("timeout", 1500)
            options.text("extended_timeout", "PT1H")
            options.number("interval", 60_001)
            options.number("approval_delay", 10)
            options.text("approval_duration", "5m")
            options.flag("approved_by_default", false)
            options.flag("enabled", false)
        }
        #expect(answer == "/clients/new_example")
        let settings = try #require(
            harness.registry.record(of: ClientName("new.example"))?.settings)
        #expect(settings.keyID == KeyID(hex: keyID) && settings.fingerprint == "ABCD")
        #expect(settings.secret == SharedSecret(SensitiveBytes(copying: [0, 1, 255])))
        #expect(settings.host == "50%" && settings.checker == "check %(host)s")
        #expect(settings.timeout == .milliseconds(1500))
        #expect(settings.extendedTimeout == .seconds(3600))
        #expect(settings.interval == .milliseconds(60_001))
        #expect(settings.approvalDelay == .milliseconds(10))
        #expect(settings.approvalDuration == .seconds(300))
        #expect(!settings.isApprovedByDefault && !settings.isEnabled)
        let signals = try harness.takeSignals()
        #expect(signals.first?.contains(".InterfacesAdded(/clients/new_example {") == true)
        #expect(
            signals.dropFirst() == [
                "/ se.recompile.Mandos.ClientAdded(/clients/new_example)",
                "/ se.bsnet.fukt.Mandos.ClientAdded(/clients/new_example)",
                "/ org.freedesktop.DBus.Properties.PropertiesChanged("
                    + "\"se.recompile.Mandos.Server1\" "
                    + "{\"AddedClients\": <[/clients/new_example]>} [])",
            ])
        #expect(try harness.get("KeyID", of: "/clients/new_example") == "<\"\(keyID)\">")
        harness.tearDown()
    }

    @Test("what is left out is as in a file that leaves it out")
    func defaults() throws {
        let answer = try add { options in
            options.text("name", "new")
            options.text("key_id", keyID)
            options.bytes("secret", [])
        }
        #expect(answer == "/clients/new")
        let settings = harness.registry.record(of: ClientName("new"))?.settings
        #expect(settings?.timeout == .seconds(300) && settings?.checker == "fping -q -- %(host)s")
        #expect(harness.registry.record(of: ClientName("new"))?.isEnabled == true)
        #expect(harness.registry.client(with: KeyID(hex: keyID)!) == ClientName("new"))
        harness.tearDown()
    }

    @Test(
        "what is wrong with it is said, and nobody is added",
        arguments: [
            ("name", "", "name: is empty"),
            ("name", "DEFAULT", "name: expected the name of a section of clients.conf"),
            ("name", "a]\n[b", "expected a text of one line"),
            ("name", "old", "name: there is a client “old” already"),
            ("host", "x\nchecker = :", "host: expected a text of one line"),
            (
                "timeout", "5 min",
                "timeout: expected a duration such as PT5M, found “5 min”"
            ),
            ("timeout", "-5m", "timeout: expected a duration such as PT5M, found “-5m”"),
            (
                "interval", "PT0S",
                "interval: expected a duration longer than zero such as PT2M, found “PT0S”"
            ),
            ("secfile", "/etc/shadow", "secfile: there is no such option"),
        ])
    func wrong(key: String, value: String, problem: String) throws {
        let answer = try add { options in
            if key != "name" { options.text("name", "new") }
            options.text("key_id", keyID)
            options.bytes("secret", [1])
            options.text(key, value)
        }
        #expect(answer == "InvalidArgs: \(problem)")
        #expect(harness.registry.names == [ClientName("old")])
        harness.tearDown()
    }

    @Test("a key ID that no key can have, and a secret of another type, are refused")
    func malformed() throws {
        let nothing = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
        let rows = [
            ("F462F7A3...", "is not 64 hexadecimal digits, so no key will match"),
            (nothing, "is what broken client tools make of no key at all, and never matches"),
        ]
        for (keyID, problem) in rows {
            let answer = try add { options in
                options.text("name", "new")
                options.text("key_id", keyID)
                options.bytes("secret", [1])
            }
            #expect(answer == "InvalidArgs: key_id: \(problem)")
        }
        let answer = try add { options in
            options.text("name", "new")
            options.text("secret", "x")
        }
        #expect(answer == "InvalidArgs: secret: expected a value of type “ay”")
        #expect(harness.registry.names == [ClientName("old")])
        harness.tearDown()
    }

    @Test("a key that another client has is refused, and the other is named")
    func takenKey() throws {
        func add(_ name: String, _ keyID: String, _ fingerprint: String) throws -> String {
            try self.add { options in
                options.text("name", name)
                options.text("key_id", keyID)
                options.text("fingerprint", fingerprint)
                options.bytes("secret", [1])
            }
        }
        let other = String(repeating: "B", count: 64)
        #expect(try add("first", keyID, "abc") == "/clients/first")
        #expect(
            try add("second", keyID.lowercased(), "def")
                == "InvalidArgs: key_id: client “first” has the same key ID")
        #expect(
            try add("second", other, "a BC")
                == "InvalidArgs: fingerprint: client “first” has the same fingerprint")
        harness.registry.sharedKeys = [
            SharedKey(ClientName("twin"), ClientKey(keyID: KeyID(hex: other), fingerprint: nil))
        ]
        #expect(
            try add("second", other, "")
                == "InvalidArgs: key_id: section “twin” of clients.conf has the same key, as others "
                + "of its sections have, so none of them is served")
        #expect(harness.registry.count == 2)
        harness.tearDown()
    }

    @Test("name, secret and some key are required")
    func required() throws {
        #expect(try add { _ in } == "InvalidArgs: name: is missing")
        #expect(
            try add { $0.text("name", "new") } == "InvalidArgs: secret: is missing")
        let answer = try add { options in
            options.text("name", "new")
            options.bytes("secret", [1])
        }
        #expect(answer == "InvalidArgs: expected a key_id or a fingerprint, found neither")
        harness.tearDown()
    }
}
