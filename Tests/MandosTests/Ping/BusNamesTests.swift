import Foundation
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// The real services are in the system tests.
@Suite(
    "Names that the system bus knows", .serialized,
    .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
final class BusNamesTests {
    private let harness: BusHarness
    private let services: ScriptedNames
    private let hosts = ScratchHosts()
    private var names: BusNames
    private let resolver: NameResolver
    private var answers: [SocketAddress?] = []
    private var lookup: NameLookup?

    init() throws {
        harness = try BusHarness.connected()
        services = try ScriptedNames(on: harness.peer.connection!)
        names = BusNames(hostsPath: hosts.path)
        resolver = try NameResolver(on: harness.loop)
        resolver.source = names
    }

    deinit {
        lookup = nil
        resolver.stop()
        names.stop()
        harness.tearDown()
    }

    private func start(_ present: NameService...) throws {
        for service in present { try services.take(service) }
        try harness.run { present.allSatisfy(services.has) }
        harness.bus.add(names)
        // The bus answers in order: it has said by then who is there.
        var isTold = false
        let slot = try harness.bus.connection!.call(.bus, "GetId") { _ in isTold = true }
        try harness.run { isTold }
        _ = consume slot
    }

    private func begin(_ host: String) {
        lookup = resolver.resolve(host) { [unowned self] in answers.append($0) }
    }

    private func resolve(_ host: String) throws -> SocketAddress? {
        let count = answers.count
        begin(host)
        try harness.run { answers.count > count }
        lookup = nil
        return answers.last!
    }

    private static func appendResolved(
        _ reply: BusMessage, _ addresses: [(Int32, Int32, [UInt8])]
    ) {
        reply.append(.array, "(iiay)") {
            for (interface, family, bytes) in addresses {
                reply.append(.structure, "iiay") {
                    reply.append(interface)
                    reply.append(family)
                    reply.append(bytes)
                }
            }
        }
        reply.append("canonical.example")
        reply.append(UInt64(1))
    }

    private static func appendAvahi(
        _ reply: BusMessage, interface: Int32 = 1, family: Int32, _ address: String
    ) {
        reply.append(interface)
        reply.append(Int32(0))
        reply.append("other.local")
        reply.append(family)
        reply.append(address)
        reply.append(UInt32(5))
    }

    private static let linkLocal: [UInt8] = [0xfe, 0x80] + Array(repeating: 0, count: 13) + [7]

    @Test("systemd-resolved is asked for any name, and what it says is the address")
    func resolved() throws {
        services.resolved = { Self.appendResolved($0, [(0, 2, [127, 0, 0, 9])]) }
        try start(.resolved, .avahi)
        #expect(try resolve("host.example")?.text == "127.0.0.9:0")
        #expect(
            services.calls == ["/org/freedesktop/resolve1 ResolveHostname 0 host.example 0 0"])
    }

    @Test("IPv6 is taken before IPv4, but not without a route")
    func preference() throws {
        let loopback: [UInt8] = Array(repeating: 0, count: 15) + [1]
        services.resolved = {
            Self.appendResolved($0, [(0, 2, [127, 0, 0, 9]), (0, 10, loopback)])
        }
        try start(.resolved)
        #expect(try resolve("host.example")?.text == "[::1]:0")
        // The interface of that number there is not.
        services.resolved = {
            Self.appendResolved($0, [(999_999, 10, Self.linkLocal), (0, 2, [127, 0, 0, 9])])
        }
        #expect(try resolve("host.example")?.text == "127.0.0.9:0")
    }

    @Test("a link-local address is one of the interface on which it was found")
    func scope() throws {
        services.resolved = { Self.appendResolved($0, [(1, 10, Self.linkLocal)]) }
        services.avahi = { Self.appendAvahi($0, interface: 1, family: 1, "fe80::8") }
        try start(.resolved, .avahi)
        #expect(try resolve("host.example")?.text == "[fe80::7%1]:0")
        services.resolved = { _ throws(BusError) in throw BusError(.failed, "") }
        #expect(try resolve("other.local")?.text == "[fe80::8%1]:0")
    }

    @Test(
        "that there is no such host is an answer of systemd-resolved",
        arguments: ["DnsError.NXDOMAIN", "NoSuchRR"])
    func unknown(name: String) throws {
        services.resolved = { _ throws(BusError) in
            throw BusError(name: "org.freedesktop.resolve1." + name, message: "")
        }
        try start(.resolved, .avahi)
        // The C library would have known this one.
        #expect(try resolve("localhost") == nil)
        #expect(services.calls.count == 1)
    }

    @Test("any other error leaves the name to the C library")
    func failure() throws {
        services.resolved = { _ throws(BusError) in
            throw BusError(name: "org.freedesktop.resolve1.NoNameServers", message: "")
        }
        try start(.resolved)
        #expect(try resolve("localhost") != nil)
        #expect(services.calls.count == 1)
    }

    @Test(
        "what is not an address leaves the name to the C library",
        arguments: [
            [], [(0, 2, [127, 0, 0])], [(0, 10, [127, 0, 0, 1])], [(0, 1, [127, 0, 0, 9])],
            [(0, 2, [127, 0, 0, 9]), (0, 2, [127, 0, 0, 9, 9])],
            [(0, 10, linkLocal)], [(-1, 10, linkLocal)],
        ] as [[(Int32, Int32, [UInt8])]])
    func malformed(addresses: [(Int32, Int32, [UInt8])]) throws {
        services.resolved = { Self.appendResolved($0, addresses) }
        try start(.resolved)
        #expect(try ["127.0.0.1", "::1"].contains(resolve("localhost")?.host ?? ""))
        #expect(services.calls.count == 1)
    }

    @Test("an answer of another type leaves the name to the C library")
    func wrongType() throws {
        services.resolved = { $0.append("127.0.0.9") }
        try start(.resolved)
        #expect(try ["127.0.0.1", "::1"].contains(resolve("localhost")?.host ?? ""))
    }

    @Test(
        "avahi-daemon is asked for names in .local, and for no other",
        arguments: [
            ("other.local", true), ("Other.LOCAL.", true), (".local", false), ("local", false),
            ("localhost", false), ("local.example", false), ("otherlocal", false),
        ])
    func avahi(host: String, isAsked: Bool) throws {
        services.avahi = { Self.appendAvahi($0, family: 0, "127.0.0.8") }
        try start(.avahi)
        let address = try resolve(host)
        #expect((address?.host == "127.0.0.8") == isAsked)
        #expect(services.calls == (isAsked ? ["/ ResolveHostName -1 \(host) -1 0"] : []))
    }

    @Test("what systemd-resolved does not find in .local may be known to avahi-daemon")
    func both() throws {
        services.resolved = { _ throws(BusError) in
            throw BusError(name: "org.freedesktop.resolve1.DnsError.NXDOMAIN", message: "")
        }
        services.avahi = { Self.appendAvahi($0, family: 0, "127.0.0.8") }
        try start(.resolved, .avahi)
        #expect(try resolve("other.local")?.host == "127.0.0.8")
        #expect(services.calls.count == 2)
    }

    @Test(
        "an address of Avahi is of the family that it says, and written as addresses are",
        arguments: [(1, "127.0.0.8"), (0, "127.8"), (0, "::1"), (2, "::1"), (1, "fe80::8%lo")])
    func malformedAvahi(family: Int32, text: String) throws {
        services.avahi = { Self.appendAvahi($0, family: family, text) }
        try start(.avahi)
        #expect(try resolve("other.local.") == nil)
        #expect(services.calls.count == 1)
    }

    @Test("names of /etc/hosts are not asked for, whoever is there")
    func hostsFile() throws {
        services.resolved = { Self.appendResolved($0, [(0, 2, [127, 0, 0, 9])]) }
        try start(.resolved)
        try hosts.write("# localhost\n127.0.0.1 some # localhost\n127.0.0.1\tlocalhos\n::1")
        #expect(try resolve("localhost")?.host == "127.0.0.9")
        try hosts.write("127.0.0.1 some\n127.0.0.1\tother LocalHost # as always")
        #expect(try resolve("localhost")?.host != "127.0.0.9")
        #expect(services.calls.count == 1)
    }

    @Test("a service that says nothing is not waited for any longer than it may take")
    func silent() throws {
        names = BusNames(hostsPath: hosts.path, answerTimeout: .milliseconds(100))
        resolver.source = names
        try start(.resolved)
        #expect(try resolve("localhost") != nil)
        #expect(services.calls.count == 1)
        #expect(names.questionCount == 0)
    }

    @Test("a service that vanishes leaves the name to the C library")
    func vanished() throws {
        try start(.resolved)
        begin("localhost")
        try harness.run { services.calls.count == 1 }
        harness.peer.stop()
        try harness.run { !answers.isEmpty }
        #expect(answers.first! != nil)
        // And it is known that nobody is there.
        #expect(try resolve("localhost") != nil)
    }

    @Test("a bus that is lost leaves the names to the C library")
    func busLost() throws {
        try start(.resolved)
        begin("localhost")
        try harness.run { services.calls.count == 1 }
        harness.daemon.stop()
        try harness.run { !answers.isEmpty }
        #expect(answers.first! != nil)
        #expect(try resolve("localhost") != nil)
    }

    @Test("who does not want to know any more is not told, and holds nothing")
    func abandoned() throws {
        try start(.resolved)
        begin("localhost")
        try harness.run { services.calls.count == 1 }
        lookup = nil
        services.resolved = { Self.appendResolved($0, [(0, 2, [127, 0, 0, 9])]) }
        #expect(try resolve("host.example")?.host == "127.0.0.9")
        #expect(answers.count == 1)
        #expect(names.questionCount == 0)
    }

    @Test("a service that is silent is asked so much at a time, and the rest elsewhere")
    func many() throws {
        try start(.resolved)
        let lookups = (0..<100).map { _ in Lookup(resolver, "localhost") }
        try harness.run { lookups.count { $0.isAnswered } == 36 }
        #expect(names.questionCount == 64)
        for lookup in lookups { lookup.end() }
        #expect(names.questionCount == 0)
    }

    @Test("a resolver that stops answers nobody, nor does what it has asked")
    func stopped() throws {
        try start(.resolved)
        begin("localhost")
        try harness.run { services.calls.count == 1 }
        resolver.stop()
        #expect(names.questionCount == 0)
    }

    private final class Lookup {
        private(set) var isAnswered = false
        private var lookup: NameLookup?

        init(_ resolver: NameResolver, _ host: String) {
            lookup = resolver.resolve(host) { [unowned self] _ in isAnswered = true }
        }

        func end() { lookup = nil }
    }

    /// A hosts(5) of the test's own.
    private final class ScratchHosts {
        let path = NSTemporaryDirectory() + "/mandos-hosts-\(UUID().uuidString)"

        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }

        deinit { unlink(path) }
    }
}
