import Foundation
import Reactor
import Testing

@testable import Mandos

/// Everything but the responder of the server itself, which needs a network of its own: that is
/// tested by the system tests.
@Suite(
    "Announcing through avahi-daemon", .serialized,
    .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
final class AnnouncerTests {
    private let harness: BusHarness
    private let avahi: ScriptedAvahi
    private var announcer: Announcer?
    private var names: [String] = []

    init() throws {
        harness = try BusHarness.connected()
        avahi = try ScriptedAvahi(on: harness.peer.connection!)
    }

    deinit {
        announcer?.stop()
        harness.tearDown()
    }

    private func start(
        _ mode: ZeroconfMode = .avahiDaemon, family: SocketFamily = .ipv6, interface: String = ""
    ) throws {
        try harness.run { avahi.isNamed }
        let announcement = Announcement(
            name: "Mandos", endpoint: .any(family, port: 4711), family: family,
            interface: interface)
        announcer = Announcer(
            announcement, mode: mode, bus: harness.bus, on: harness.loop,
            log: Log(threshold: .debug, sinks: [harness.sink]),
            renamed: { [unowned self] in names.append($0) })
        announcer?.start()
    }

    private func register() throws {
        try start()
        try harness.run { avahi.calls.last == "group 1: Commit" }
        try avahi.group(enters: 2)
        try harness.run { harness.sink.contains(.debug, "announced as “Mandos”, port 4711") }
    }

    @Test("the service is registered, on all interfaces")
    func registered() throws {
        try register()
        #expect(avahi.calls == ["group 1: AddService Mandos on -1/1", "group 1: Commit"])
        #expect(names == [])
    }

    @Test("IPv4 alone and a single interface are what it is told, if that is so")
    func restricted() throws {
        try start(family: .ipv4, interface: "lo")
        try harness.run { avahi.calls.last == "group 1: Commit" }
        #expect(avahi.calls.first == "group 1: AddService Mandos on 1/0")
    }

    @Test("an interface that there is not is waited for")
    func noInterface() throws {
        try start(interface: "nonesuch0")
        try harness.run { harness.sink.contains(.warning, "there is no interface nonesuch0") }
        #expect(avahi.groups == 0)
    }

    @Test("the service is withdrawn when the announcer stops")
    func withdrawn() throws {
        try register()
        announcer?.stop()
        try harness.run { avahi.calls.last == "group 1: Free" }
        #expect(harness.loop.registrationCount > 0)  // the bus stays
    }

    @Test("a name that somebody else has is replaced, and the owner is told")
    func collision() throws {
        try register()
        try avahi.group(enters: 3)
        try harness.run { avahi.calls.last == "group 2: Commit" }
        #expect(avahi.calls.suffix(3).first == "group 1: Free")
        #expect(avahi.calls.contains("group 2: AddService Mandos #2 on -1/1"))
        #expect(names == ["Mandos #2"])
        #expect(harness.sink.contains(.info, "the name “Mandos” is taken; trying “Mandos #2”"))
        // What happens to a group that was given up is nobody's business.
        try avahi.group(1, enters: 3)
        try avahi.group(2, enters: 2)
        try harness.run { harness.sink.contains(.debug, "announced as “Mandos #2”") }
        #expect(names == ["Mandos #2"])
    }

    @Test("so is one that the daemon itself knows to be taken")
    func localCollision() throws {
        avahi.refusal = BusError(name: "org.freedesktop.Avahi.CollisionError", message: "taken")
        try start()
        try harness.run { avahi.calls.last == "group 2: Commit" }
        #expect(names == ["Mandos #2"])
    }

    @Test("while the daemon is busy with its own name, nothing is registered")
    func registering() throws {
        try register()
        try avahi.enter(1)
        try harness.run { avahi.calls.last == "group 1: Free" }
        #expect(!harness.sink.lines.contains { $0.hasPrefix("ERROR") })
        try avahi.enter(2)
        try harness.run { avahi.calls.last == "group 2: Commit" }
    }

    @Test("a daemon in a bad state is an error, until it is in a good one", arguments: [0, 3, 4])
    func badState(_ state: Int32) throws {
        try register()
        try avahi.enter(state)
        try harness.run { avahi.calls.last == "group 1: Free" }
        try harness.run { harness.sink.contains(.error, "avahi-daemon is in state \(state)") }
        try avahi.enter(2)
        try harness.run { avahi.calls.last == "group 2: Commit" }
    }

    @Test(
        "a group that failed, or was refused, is an error, and tried again",
        arguments: [true, false])
    func failure(isRefused: Bool) throws {
        if isRefused { avahi.refusal = BusError(.accessDenied, "because") }
        try start()
        if !isRefused {
            try harness.run { avahi.calls.last == "group 1: Commit" }
            try avahi.group(enters: 4)
        }
        try harness.run { harness.sink.contains(.error, "because; next attempt in") }
        try harness.run { avahi.calls.last == "group 2: Commit" }
        try avahi.group(enters: 2)
        try harness.run { harness.sink.contains(.debug, "announced as “Mandos”") }
    }

    @Test("a daemon that goes is waited for, and the next one is told")
    func daemonComesAndGoes() throws {
        try register()
        try avahi.leaveName()
        try harness.run {
            harness.sink.contains(.error, "not announced, as avahi-daemon does not run")
        }
        try avahi.takeName()
        try harness.run { avahi.calls.last == "group 2: Commit" }
    }

    @Test("a bus that goes takes the daemon along; both may come back")
    func busComesAndGoes() throws {
        try register()
        harness.daemon.stop()
        try harness.run {
            harness.sink.contains(.error, "not announced, as avahi-daemon does not run")
        }
        try harness.daemon.start()
        try harness.run { harness.bus.isOpen && harness.peer.isOpen }
        let second = try ScriptedAvahi(on: harness.peer.connection!)
        try harness.run { second.calls.last == "group 1: Commit" }
    }

    @Test("nothing that the daemon says after the stop has any effect")
    func stopped() throws {
        try register()
        announcer?.stop()
        let calls = avahi.calls.count
        try avahi.group(enters: 3)
        try avahi.enter(2)
        // An answer, so all of that has arrived.
        _ = try harness.call(.bus, "GetId")
        try harness.run { avahi.calls.count == calls + 1 }
        #expect(avahi.calls.last == "group 1: Free" && names == [])
    }
}
