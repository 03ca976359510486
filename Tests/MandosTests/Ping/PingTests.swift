import CShims.Linux
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("Pings") struct PingTests {
    @Test(
        "a request comes back as a reply that is read, in both families, raw or not",
        arguments: [SocketFamily.ipv4, .ipv6], [true, false])
    func echo(family: SocketFamily, isRaw: Bool) throws {
        let echo = ICMPEcho(identifier: 0x1234, sequence: 0xfedc, token: 0x0102_0304_0506_0708)
        var bytes = echo.request(family, isRaw: isRaw)
        #expect(bytes.count == 64)
        #expect(ICMPEcho(reply: bytes.span, family, isRaw: false) == nil)  // it is a request
        bytes[0] = family == .ipv4 ? 0 : 129
        let header: [UInt8] =
            family == .ipv4 && isRaw ? [0x46] + Array(repeating: 1, count: 23) : []
        let reply = header + bytes
        #expect(ICMPEcho(reply: reply.span, family, isRaw: isRaw) == echo)
        for count in 0..<(header.count + 16) {
            #expect(ICMPEcho(reply: reply.span.extracting(0..<count), family, isRaw: isRaw) == nil)
        }
    }

    @Test("a request of a raw socket has the checksum of RFC 1071")
    func checksum() {
        let echo = ICMPEcho(identifier: 1, sequence: 2, token: .max)
        #expect(ICMPEcho.checksum(echo.request(.ipv4, isRaw: true)) == 0)
        #expect(ICMPEcho.checksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]) == 0x220d)
        #expect(ICMPEcho.checksum([0xff]) == 0x00ff)
    }

    @Test("a host is asked as often as by fping, and given as much time")
    func schedule() {
        var schedule = PingSchedule()
        var timeouts: [Duration] = []
        while let timeout = schedule.next() { timeouts.append(timeout) }
        #expect(
            timeouts == [
                .milliseconds(500), .milliseconds(750), .milliseconds(1125),
                .microseconds(1_687_500),
            ])
    }

    @Test(
        "what is done by ourselves is exactly what was asked for, where it may be done",
        arguments: [
            ("builtin:ping", true, false, CheckMethod.ping),
            ("builtin:ping", false, true, .program(CheckerTemplate("fping -q -- %(host)s"))),
            ("fping -q -- %(host)s", true, true, .ping),
            (
                "fping -q -- %(host)s", true, false,
                .program(CheckerTemplate("fping -q -- %(host)s"))
            ),
            (
                "fping -q -- %(host)s", false, true,
                .program(CheckerTemplate("fping -q -- %(host)s"))
            ),
            (
                "fping -q  -- %(host)s", true, true,
                .program(CheckerTemplate("fping -q  -- %(host)s"))
            ),
            (
                "fping -q -- %(host)s ", true, true,
                .program(CheckerTemplate("fping -q -- %(host)s "))
            ),
            ("builtin:pong", true, true, .program(CheckerTemplate("builtin:pong"))),
        ])
    func method(_ row: (String, Bool, Bool, CheckMethod)) {
        #expect(CheckMethod(of: row.0, canPing: row.1, replacesFping: row.2) == row.3)
    }

    @Test("an address is one without asking anybody, and a name is none")
    func numeric() {
        #expect(SocketAddress(numeric: "::1")?.host == "::1")
        #expect(SocketAddress(numeric: "192.0.2.7")?.host == "192.0.2.7")
        #expect(SocketAddress(numeric: "fe80::1%lo")?.scope == 1)
        for name in ["localhost", "", "192.0.2.7.example", "-"] {
            #expect(SocketAddress(numeric: name) == nil, "\(name)")
        }
    }
}

/// With the real kernel, whose loopback interface answers.
@Suite("The pinger", .enabled(if: geteuid() == 0, "raw sockets are for root")) struct PingerTests {
    private final class Outcome {
        var status: Reactor.ExitStatus?
        var run: PingRun?
        var others: [PingRun] = []
    }

    private let kernel: SimulatedKernel
    private let loop: EventLoop
    private let pinger: Pinger

    init() throws {
        kernel = try SimulatedKernel()
        kernel.patience = .milliseconds(200)
        loop = EventLoop(kernel: kernel)
        pinger = try Pinger(on: loop)
    }

    private func ping(_ host: String) throws -> Reactor.ExitStatus? {
        let outcome = Outcome()
        outcome.run = pinger.ping(host) { outcome.status = $0 }
        for _ in 0..<1000 where outcome.status == nil { try loop.turn() }
        return outcome.status
    }

    @Test(
        "a host that answers is up, by address and by name",
        arguments: ["::1", "127.0.0.1", "127.3.2.1", "localhost"])
    func up(host: String) throws {
        let start = loop.now
        #expect(try ping(host) == .exited(0))
        #expect(loop.now - start < .milliseconds(500))
    }

    @Test(
        "a host without a name is told apart from one that does not answer",
        arguments: ["no-such-host.invalid", "", "a b"])
    func unknown(host: String) throws { #expect(try ping(host) == .exited(2)) }

    @Test("what could not be sent is sent again, when fping would")
    func lost() throws {
        let start = loop.now
        kernel.failNext("sendto")
        #expect(try ping("::1") == .exited(0))
        #expect(loop.now - start == .milliseconds(500))
    }

    @Test("a host that does not answer is given up when fping would give it up")
    func down() throws {
        let start = loop.now
        kernel.failAlways("sendto")
        #expect(try ping("::1") == .exited(1))
        #expect(loop.now - start == .microseconds(500_000 + 750_000 + 1_125_000 + 1_687_500))
    }

    @Test("many hosts are asked at the same time, and each has its own answer")
    func many() throws {
        let outcome = Outcome()
        var answered = 0
        for index in 0..<500 {
            outcome.others.append(
                pinger.ping("127.0.\(index / 250).\(index % 250 + 1)") {
                    if $0 == .exited(0) { answered += 1 }
                })
        }
        for _ in 0..<1000 where answered < 500 { try loop.turn() }
        #expect(answered == 500)
    }

    @Test("a host that is not asked any more is not told of")
    func abandoned() throws {
        let outcome = Outcome()
        outcome.run = pinger.ping("::1") { outcome.status = $0 }
        outcome.run?.end(within: nil)
        let name = pinger.ping("localhost") { outcome.status = $0 }
        name.end(within: nil)
        let timer = loop.timer(after: .seconds(10)) {}
        let end = loop.now + .seconds(10)
        while loop.now < end { try loop.turn() }
        #expect(outcome.status == nil)
        _ = consume timer
    }
}
