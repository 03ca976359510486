import CShims.Linux
import ReactorSimulation
import Testing

@testable import Reactor

/// What the kernel sends, see rtnetlink(7).
private enum Packet {
    static func address(
        _ host: String, interface: UInt32, added: Bool = true, flags: UInt32 = 0,
        peer: String? = nil, sequence: UInt32 = 0, isInterrupted: Bool = false
    ) -> [UInt8] {
        let family: SocketFamily = host.contains(":") ? .ipv6 : .ipv4
        var header = ifaddrmsg()
        header.ifa_family = UInt8(family == .ipv4 ? AF_INET : AF_INET6)
        header.ifa_flags = UInt8(truncatingIfNeeded: flags)
        header.ifa_index = interface
        var body = bytes(of: header)
        if let peer {
            body += attribute(Int(IFA_ADDRESS), parsed(peer).bytes)
            body += attribute(Int(IFA_LOCAL), parsed(host).bytes)
        } else {
            body += attribute(Int(IFA_ADDRESS), parsed(host).bytes)
        }
        body += attribute(Int(IFA_FLAGS), bytes(of: flags))
        return message(
            added ? Int(RTM_NEWADDR) : Int(RTM_DELADDR), body, sequence: sequence,
            flags: isInterrupted ? UInt16(NLM_F_DUMP_INTR) : 0)
    }

    static func done(_ sequence: UInt32) -> [UInt8] {
        message(Int(NLMSG_DONE), bytes(of: CInt(0)), sequence: sequence)
    }

    static func message(
        _ type: Int, _ body: [UInt8], sequence: UInt32 = 0, flags: UInt16 = 0
    ) -> [UInt8] {
        var header = nlmsghdr()
        header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + body.count)
        header.nlmsg_type = UInt16(type)
        header.nlmsg_seq = sequence
        header.nlmsg_flags = flags
        return padded(bytes(of: header) + body)
    }

    static func attribute(_ type: Int, _ value: [UInt8]) -> [UInt8] {
        let header = rtattr(
            rta_len: UInt16(MemoryLayout<rtattr>.size + value.count), rta_type: UInt16(type))
        return padded(bytes(of: header) + value)
    }

    static func parsed(_ host: String) -> SocketAddress {
        let family: SocketFamily = host.contains(":") ? .ipv6 : .ipv4
        let found = try? SocketAddress(resolving: host, family: family, port: 0)
        return found!.with(port: 0, scope: 0)
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + Array(repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    static func bytes<Value>(of value: Value) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }
}

@Suite("Addresses of the network") final class NetworkAddressesTests {
    let kernel: SimulatedKernel
    let loop: EventLoop
    var kernelSide: Descriptor?
    var addresses: NetworkAddresses?
    var reports: [Set<String>] = []
    var failures: [SystemError] = []

    init() throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
        var pair = SocketPair()
        kernelSide = pair.takeNear()
        kernel.routeSocket = pair.takeFar()
    }

    private func follow(_ family: SocketFamily = .ipv6) throws {
        addresses = try NetworkAddresses(
            family, on: loop,
            changed: { [unowned self] in
                reports.append(Set($0.map { "\($0.address.host)%\($0.interface)" }))
            }, failed: { [unowned self] in failures.append($0) })
    }

    private func tell(_ messages: [UInt8]...) throws {
        send(messages.flatMap { $0 }, to: kernelSide!)
        try loop.turn()
    }

    /// The request for a list.
    private func readRequest() throws -> nlmsghdr {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let transfer = bytes.withUnsafeMutableBytes { kernel.read(kernelSide!, into: $0) }
        try #require(transfer == .bytes(24))
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: nlmsghdr.self) }
    }

    @Test("all are listed first, in one report")
    func list() throws {
        try follow()
        let request = try readRequest()
        #expect(Int(request.nlmsg_type) == Int(RTM_GETADDR))
        try tell(Packet.address("fe80::1", interface: 2, sequence: 1))
        #expect(reports == [])
        try tell(Packet.address("2001:db8::1", interface: 3, sequence: 1), Packet.done(1))
        #expect(reports == [["fe80::1%2", "2001:db8::1%3"]])
    }

    @Test("then they come and go, each change once")
    func news() throws {
        try follow()
        try tell(Packet.done(1))
        #expect(reports == [[]])
        try tell(Packet.address("fe80::1", interface: 2))
        try tell(Packet.address("fe80::1", interface: 2))
        try tell(Packet.address("fe80::1", interface: 2, added: false))
        #expect(reports == [[], ["fe80::1%2"], []])
    }

    @Test("one that is being checked for duplicates, or is one, does not count")
    func tentative() throws {
        try follow()
        let tentative = UInt32(IFA_F_TENTATIVE)
        try tell(
            Packet.address("fe80::1", interface: 2, flags: tentative, sequence: 1), Packet.done(1))
        try tell(Packet.address("fe80::1", interface: 2))
        try tell(Packet.address("fe80::1", interface: 2, flags: UInt32(IFA_F_DADFAILED)))
        #expect(reports == [[], ["fe80::1%2"], []])
    }

    @Test("of a point-to-point link, the address at this end counts")
    func pointToPoint() throws {
        try follow(.ipv4)
        try tell(
            Packet.address("192.0.2.1", interface: 4, peer: "192.0.2.2", sequence: 1),
            Packet.done(1))
        #expect(reports == [["192.0.2.1%4"]])
    }

    @Test("news that comes in the middle of the list counts")
    func newsInList() throws {
        try follow()
        try tell(
            Packet.address("fe80::1", interface: 2, sequence: 1),
            Packet.address("fe80::1", interface: 2, added: false),
            Packet.address("fe80::2", interface: 2), Packet.done(1))
        #expect(reports == [["fe80::2%2"]])
    }

    @Test("a list that changed while it was made is asked for again")
    func interrupted() throws {
        try follow()
        _ = try readRequest()
        try tell(
            Packet.address("fe80::1", interface: 2, sequence: 1, isInterrupted: true),
            Packet.done(1))
        #expect(reports == [])
        #expect(try readRequest().nlmsg_seq == 2)
        try tell(Packet.address("fe80::3", interface: 2, sequence: 2), Packet.done(2))
        #expect(reports == [["fe80::3%2"]])
    }

    @Test("a request that is refused is a failure")
    func refused() throws {
        try follow()
        try tell(Packet.message(Int(NLMSG_ERROR), Packet.bytes(of: -EPERM), sequence: 1))
        #expect(failures == [SystemError(call: "RTM_GETADDR", code: EPERM)])
        #expect(loop.registrationCount == 0)
    }

    @Test("what is cut off or unknown is passed over")
    func malformed() throws {
        try follow()
        let whole = Packet.address("fe80::1", interface: 2, sequence: 1)
        for length in 1..<whole.count {
            var messages = RouteMessages(Array(whole[..<length]), sequence: 1)
            #expect(messages.next() == nil)
        }
        var tooLong = whole
        tooLong[16 + 8] = 0xff  // length of the first attribute
        try tell(tooLong, Packet.message(999, [1, 2, 3]), Packet.done(1))
        #expect(reports == [[]])
    }

    @Test("letting go of it inside a report ends the reports")
    func letGo() throws {
        var reported = 0
        addresses = try NetworkAddresses(
            .ipv6, on: loop,
            changed: { [unowned self] _ in
                reported += 1
                addresses = nil
            }, failed: { _ in })
        try tell(Packet.done(1))
        #expect(reported == 1)
        #expect(loop.registrationCount == 0)
    }

    @Test("the addresses of this machine are told by its kernel")
    func real() throws {
        kernel.routeSocket = nil
        kernel.patience = .seconds(5)
        try follow(.ipv4)
        try loop.turn()
        #expect(reports.first?.contains("127.0.0.1%1") == true)
    }
}
