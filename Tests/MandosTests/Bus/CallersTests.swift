import CShims.Linux
import Reactor
import Testing

@testable import Mandos

@Suite("A caller", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct CallersTests {
    @Test(
        "that has looked around first is named by its user in its first change",
        arguments: [true, false])
    func known(listsObjects: Bool) throws {
        let keyID = KeyID(hex: String(repeating: "A", count: 64))
        let client = ServiceHarness.client("a", isEnabled: false, keyID: keyID)
        let harness = try BusServiceHarness([client])
        harness.registry.revocations.begin(
            Revocation(
                client.name, ClientKey(client), .disabled, when: harness.bus.loop.kernel.wallTime(),
                by: "a test"))
        if listsObjects {
            _ = try harness.call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        } else {
            _ = try harness.call(
                "/clients/a", "org.freedesktop.DBus.Introspectable", "Introspect")
        }
        try harness.settle()
        _ = try harness.call("/clients/a", "se.recompile.Mandos.Client", "Enable")
        let line = harness.bus.sink.lines.first { $0.contains("client a: enabled") }
        #expect(line?.contains("by uid \(getuid()) over D-Bus") == true, "\(line ?? "")")
        harness.tearDown()
    }
}
