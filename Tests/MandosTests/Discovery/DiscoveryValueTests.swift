import Reactor
import Testing

@testable import Mandos

@Suite("The choice of who announces") struct BackendChoiceTests {
    private func backend(
        _ mode: ZeroconfMode, hasBus: Bool = true, _ events: BackendChoice.Event...
    ) -> BackendChoice.Backend {
        var choice = BackendChoice(mode, hasBus: hasBus)
        for event in events { choice.handle(event) }
        return choice.backend
    }

    @Test("yes means avahi-daemon while there is one, and otherwise the server")
    func automatic() {
        #expect(backend(.automatic, .daemonIs(owner: ":1.5")) == .daemon(owner: ":1.5"))
        #expect(backend(.automatic, .daemonIs(owner: nil)) == .embedded)
        #expect(backend(.automatic, .noBus) == .embedded)
        #expect(backend(.automatic, .noAnswer) == .embedded)
        #expect(
            backend(.automatic, .noAnswer, .daemonIs(owner: ":1.5")) == .daemon(owner: ":1.5"))
        #expect(backend(.automatic, .daemonIs(owner: ":1.5"), .daemonIs(owner: nil)) == .embedded)
        #expect(backend(.automatic, .daemonIs(owner: ":1.5"), .noBus) == .embedded)
        #expect(
            backend(.automatic, .daemonIs(owner: ":1.5"), .daemonIs(owner: ":1.9"))
                == .daemon(owner: ":1.9"))
    }

    @Test("until it is known whether there is a daemon, nobody announces")
    func unknown() {
        #expect(backend(.automatic) == .none)
        #expect(backend(.avahiDaemon) == .none)
    }

    @Test("that the bus says nothing more does not count once it has said something")
    func lateDeadline() {
        #expect(
            backend(.automatic, .daemonIs(owner: ":1.5"), .noAnswer) == .daemon(owner: ":1.5"))
    }

    @Test("embedded means the server, whatever there is")
    func embedded() {
        #expect(backend(.embedded) == .embedded)
        #expect(backend(.embedded, .daemonIs(owner: ":1.5")) == .embedded)
    }

    @Test("avahi-daemon means that, or nobody")
    func daemon() {
        #expect(backend(.avahiDaemon, .daemonIs(owner: ":1.5")) == .daemon(owner: ":1.5"))
        #expect(backend(.avahiDaemon, .noBus) == .none)
        #expect(backend(.avahiDaemon, .noAnswer) == .none)
    }

    @Test("a daemon that refuses is as good as none, until there is another one")
    func useless() {
        #expect(backend(.automatic, .daemonIs(owner: ":1.5"), .daemonFailed) == .embedded)
        #expect(
            backend(.automatic, .daemonIs(owner: ":1.5"), .daemonFailed, .daemonIs(owner: ":1.9"))
                == .daemon(owner: ":1.9"))
        #expect(
            backend(.avahiDaemon, .daemonIs(owner: ":1.5"), .daemonFailed)
                == .daemon(owner: ":1.5"))
    }

    @Test("where no bus may be used, the server announces itself", arguments: [true, false])
    func noBus(isAutomatic: Bool) {
        let mode = isAutomatic ? ZeroconfMode.automatic : .avahiDaemon
        #expect(backend(mode, hasBus: false) == .embedded)
        #expect(!BackendChoice(mode, hasBus: false).dependsOnDaemon)
        #expect(BackendChoice(mode, hasBus: true).dependsOnDaemon)
    }

    @Test("no means nobody")
    func none() {
        #expect(backend(.none, .daemonIs(owner: ":1.5")) == .none)
    }
}

@Suite("The host name that is announced") struct HostLabelTests {
    @Test(
        "is the name of the host, as far as it is one, and a number that nobody else has",
        arguments: [
            ("web1", "web1-mandos-0000beef"), ("web1.example.org", "web1-mandos-0000beef"),
            ("Ålborg", "lborg-mandos-0000beef"), ("a__b-", "a-b-mandos-0000beef"),
            ("", "mandos-0000beef"), ("-.x", "mandos-0000beef"),
        ])
    func label(_ row: (host: String, label: String)) {
        #expect(HostLabel.make(host: row.host, random: 0xbeef) == row.label)
    }

    @Test("fits into one label")
    func long() {
        let label = HostLabel.make(host: String(repeating: "x", count: 64), random: .max)
        #expect(label.utf8.count == 63 && label.hasSuffix("x-mandos-ffffffff"))
    }
}

@Suite("Lines that somebody else makes us log") struct LineLimitTests {
    @Test("are limited in each span, and those left out are counted")
    func limit() {
        var limit = LineLimit(2, per: .seconds(60))
        let start = Instant(nanoseconds: 5_000_000_000)
        #expect(limit.line(at: start) == .write(before: 0))
        #expect(limit.line(at: start) == .write(before: 0))
        #expect(limit.line(at: start) == .leaveOut)
        #expect(limit.line(at: start + .seconds(59)) == .leaveOut)
        #expect(limit.line(at: start + .seconds(60)) == .write(before: 2))
        #expect(limit.line(at: start + .seconds(61)) == .write(before: 0))
        #expect(limit.line(at: start + .seconds(62)) == .leaveOut)
    }
}

@Suite("Addresses to announce") struct ReachableAddressTests {
    private func address(_ host: String, _ interface: UInt32 = 2) throws -> InterfaceAddress {
        InterfaceAddress(
            interface: interface,
            address: try SocketAddress(
                resolving: host, family: host.contains(":") ? .ipv6 : .ipv4, port: 0
            ).with(port: 0, scope: 0))
    }

    private func announcement(_ endpoint: String, _ family: SocketFamily) throws -> Announcement {
        let listening: SocketFamily = endpoint.contains(":") ? .ipv6 : .ipv4
        return Announcement(
            name: "Mandos",
            endpoint: try SocketAddress(resolving: endpoint, family: listening, port: 4711),
            family: family)
    }

    @Test("are all of them, if the server listens on all")
    func all() throws {
        let found: Set = [try address("fe80::1"), try address("2001:db8::1", 3)]
        #expect(try announcement("::", .ipv6).reachable(found) == found)
        #expect(try announcement("::", .ipv6).addressFamily == .ipv6)
        // An IPv6 socket that is announced to IPv4 peers.
        #expect(try announcement("::", .ipv4).addressFamily == .ipv4)
        #expect(try announcement("0.0.0.0", .ipv4).addressFamily == .ipv4)
    }

    @Test("are that on which the server listens, if it listens on one")
    func one() throws {
        let found: Set = [try address("2001:db8::1", 2), try address("2001:db8::2", 2)]
        let wanted: Set = [try address("2001:db8::2", 2)]
        #expect(try announcement("2001:db8::2", .ipv6).reachable(found) == wanted)
        #expect(try announcement("2001:db8::9", .ipv6).reachable(found) == [])
    }

    @Test("may be an IPv4 address of an IPv6 socket")
    func mapped() throws {
        let announcement = try announcement("::ffff:192.0.2.3", .ipv6)
        #expect(announcement.addressFamily == .ipv4)
        let found: Set = [try address("192.0.2.3"), try address("192.0.2.4")]
        #expect(announcement.reachable(found) == [try address("192.0.2.3")])
    }
}
