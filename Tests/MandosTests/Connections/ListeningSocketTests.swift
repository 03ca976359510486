import CShims.Linux
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("Listening socket") struct ListeningSocketTests {
    private let sink = RecordingSink()

    /// Where a server with these settings listens.
    private func address(
        _ change: (inout ServerSettings) -> Void
    ) throws -> SocketAddress {
        var settings = ServerSettings()
        change(&settings)
        let kernel = try LinuxKernel()
        let socket = try ListeningSocket(
            settings: settings, kernel: kernel, log: Log(threshold: .debug, sinks: [sink])
        ).open()
        try kernel.listen(socket)
        return try kernel.localAddress(of: socket)
    }

    @Test("without address and port, any address and a port of the kernel's choice are taken")
    func anywhere() throws {
        let address = try address { _ in }
        #expect(address.host == "::")
        #expect(address.port != 0)
    }

    @Test("without IPv6, it is an IPv4 socket")
    func ipv4() throws {
        let address = try address { $0.usesIPv6 = false }
        #expect(address.host == "0.0.0.0")
    }

    @Test("an address is listened on, in the form of its family", arguments: ["::1", "127.0.0.1"])
    func address(text: String) throws {
        let address = try address {
            $0.address = text
            $0.usesIPv6 = text == "::1"
        }
        #expect(address.host == text)
    }

    @Test("an inherited socket is used as it is")
    func inherited() throws {
        let kernel = try LinuxKernel()
        let socket = try kernel.openSocket(.ipv6)
        try kernel.bind(socket, to: .loopback(.ipv6, port: 0))
        let port = try kernel.localAddress(of: socket).port
        let address = try address { $0.socket = Int(socket.raw) }
        #expect(address.port == port)
        #expect(cshim_get_descriptor_flags(socket.raw) >= 0)
    }

    @Test("an interface that does not exist is an error in the log, and no reason to stop")
    func noInterface() throws {
        _ = try address { $0.interface = "no-such-if" }
        #expect(sink.contains(.error, "cannot bind to interface no-such-if: "))
    }

    @Test(
        "9.6: EPERM, ENOPROTOOPT and ENODEV at the interface are logged, all else is fatal",
        arguments: [
            (EPERM, false), (ENOPROTOOPT, false), (ENODEV, false), (EINVAL, true), (ENOMEM, true),
        ])
    func interfaceErrors(code: CInt, isFatal: Bool) throws {
        var settings = ServerSettings()
        settings.interface = "eth7"
        // After the socket and its TCP_NODELAY.
        let kernel = try SimulatedKernel(failingCall: 3, failure: code)
        let log = Log(threshold: .debug, sinks: [sink])
        let socket = ListeningSocket(settings: settings, kernel: kernel, log: log)
        var message: String?
        do throws(StartError) { _ = try socket.open() } catch { message = error.lines.first }
        #expect((message != nil) == isFatal)
        let line = message ?? sink.lines.first
        #expect(line?.contains("cannot bind to interface eth7: ") == true)
        #expect(line?.hasSuffix("; listening on all interfaces") == !isFatal)
        #expect(kernel.faultWasReached)
    }

    @Test("what cannot be listened on is said in one line")
    func refusals() throws {
        let rows: [(String, (inout ServerSettings) -> Void)] = [
            ("mandos.conf: expected a port from 0 to 65535, found 99999", { $0.port = 99_999 }),
            ("mandos.conf: expected a port from 0 to 65535, found -1", { $0.port = -1 }),
            (
                "cannot listen on address 127.0.0.1: write ::ffff:127.0.0.1, or give --no-ipv6 "
                    + "(use_ipv6 = no)", { $0.address = "127.0.0.1" }
            ),
            (
                "cannot listen on address ::1: an IPv6 address needs IPv6",
                {
                    $0.address = "::1"
                    $0.usesIPv6 = false
                }
            ),
            (
                "cannot listen on address no-such-host.invalid: ",
                { $0.address = "no-such-host.invalid" }
            ),
            ("cannot listen on [2001:db8::1]:", { $0.address = "2001:db8::1" }),
            (
                "cannot use descriptor 9999999: fcntl: Bad file descriptor",
                { $0.socket = 9_999_999 }
            ),
        ]
        for (line, change) in rows {
            let error = #expect(throws: StartError.self) { _ = try address(change) }
            #expect(error?.lines.first?.hasPrefix(line) == true, "\(error?.lines ?? [])")
            #expect(error?.lines.count == 1)
        }
    }
}
