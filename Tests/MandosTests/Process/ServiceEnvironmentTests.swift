import Testing

@testable import Mandos

struct ServiceEnvironmentTests {
    /// As process 42 sees it.
    private func environment(_ variables: [String: String]) -> ServiceEnvironment {
        ServiceEnvironment(process: 42) { variables[$0.description] }
    }

    private func listening(_ names: String?, count: String = "1") -> ServiceEnvironment {
        var variables = ["LISTEN_PID": "42", "LISTEN_FDS": count]
        variables["LISTEN_FDNAMES"] = names
        return environment(variables)
    }

    @Test("without a service manager there is nothing")
    func none() {
        #expect(environment([:]) == ServiceEnvironment())
    }

    static let addresses: [(text: String, isUsed: Bool)] = [
        ("/run/systemd/notify", true), ("@abstract", true), ("vsock:2:1234", false), ("", false),
        ("relative", false), ("@", false), ("/", false),
    ]

    @Test("the service manager is told at a path or an abstract name", arguments: addresses)
    func address(_ row: (text: String, isUsed: Bool)) {
        let found = environment(["NOTIFY_SOCKET": row.text]).notifySocket
        #expect(found == (row.isUsed ? row.text : nil))
    }

    static let watchdogs: [(time: String?, process: String?, interval: Duration?)] = [
        ("30000000", "42", .seconds(30)), ("30000000", nil, .seconds(30)),
        ("30000000", "43", nil), ("0", "42", nil), ("-1", "42", nil), ("soon", "42", nil),
        (nil, "42", nil),
    ]

    @Test("the watchdog waits for this process, for a time", arguments: watchdogs)
    func watchdog(_ row: (time: String?, process: String?, interval: Duration?)) {
        var variables: [String: String] = [:]
        variables["WATCHDOG_USEC"] = row.time
        variables["WATCHDOG_PID"] = row.process
        #expect(environment(variables).watchdog == row.interval)
    }

    @Test("sockets are for the process that they were passed to", arguments: ["43", "", "x"])
    func otherProcess(_ process: String) {
        let variables = ["LISTEN_PID": process, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "mandos"]
        #expect(environment(variables).sockets.isEmpty)
        #expect(environment(["LISTEN_FDS": "1"]).sockets.isEmpty)
    }

    @Test("numbers that make no sense mean no sockets", arguments: ["0", "-1", "1025", "many", ""])
    func count(_ count: String) {
        #expect(listening("mandos", count: count).sockets.isEmpty)
    }

    static let choices: [(names: String?, count: String, number: CInt?)] = [
        ("mandos", "1", 3), ("other:mandos", "2", 4), ("mandos:mandos", "2", 3),
        ("other", "1", nil), ("other:third", "2", nil), (nil, "1", 3), ("", "1", 3),
        ("unknown", "1", 3), (nil, "2", nil), ("unknown:unknown", "2", nil),
        ("other", "2", nil), ("mandos:other", "1", 3),
    ]

    @Test(
        "the socket called mandos is served on, or the only one if it has no name",
        arguments: choices)
    func listener(_ row: (names: String?, count: String, number: CInt?)) {
        #expect(listening(row.names, count: row.count).listener?.number == row.number)
    }

    @Test("where the socket is bound is for the service manager to say")
    func adoption() {
        var settings = ServerSettings()
        settings.address = "::1"
        settings.port = 1001
        settings.interface = "eth0"
        settings.adopt(listening("mandos"))
        #expect(settings.socket == 3 && settings.address == "" && settings.port == nil)
        #expect(settings.interface == "eth0")
    }

    @Test("a socket that was named by the operator comes first")
    func precedence() {
        var settings = ServerSettings()
        settings.socket = 0
        settings.port = 1001
        settings.adopt(listening("mandos"))
        #expect(settings.socket == 0 && settings.port == 1001)
    }
}
