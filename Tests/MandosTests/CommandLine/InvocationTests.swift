import Testing

@testable import Mandos

/// One at a time, because getopt_long(3) keeps its place in globals.
@Suite("the command line", .serialized)
struct InvocationTests {
    /// What follows the program's name, with one argument a word, and what it is understood as.
    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let change: @Sendable (inout Options) -> Void

        init(_ arguments: [String], _ change: @escaping @Sendable (inout Options) -> Void) {
            self.arguments = arguments
            self.change = change
        }

        var expected: Options {
            var options = Options()
            change(&options)
            return options
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let everyOption: [Row] = [
        Row([]) { _ in },
        Row(["-i", "eth0"]) { $0.interface = "eth0" },
        Row(["--interface", "eth0"]) { $0.interface = "eth0" },
        Row(["-a", "::1"]) { $0.address = "::1" },
        Row(["--address", "::1"]) { $0.address = "::1" },
        Row(["-p", "4711"]) { $0.port = 4711 },
        Row(["--port", "4711"]) { $0.port = 4711 },
        Row(["--debug"]) { $0.debug = true },
        Row(["--debuglevel", "INFO"]) { $0.debugLevel = "INFO" },
        Row(["--priority", "SECURE256:%PROFILE_ULTRA"]) {
            $0.priority = "SECURE256:%PROFILE_ULTRA"
        },
        Row(["--servicename", "Mandos 2"]) { $0.serviceName = "Mandos 2" },
        Row(["--configdir", "/tmp/c"]) { $0.configDirectory = "/tmp/c" },
        Row(["--no-dbus"]) { $0.noDBus = true },
        Row(["--no-ipv6"]) { $0.noIPv6 = true },
        Row(["--no-restore"]) { $0.noRestore = true },
        Row(["--socket", "0"]) { $0.socket = 0 },
        Row(["--statedir", "/tmp/s"]) { $0.stateDirectory = "/tmp/s" },
        Row(["--foreground"]) { $0.foreground = true },
        Row(["--no-zeroconf"]) { $0.noZeroconf = true },
    ]

    static let syntax: [Row] = [
        Row(["-p1"]) { $0.port = 1 },
        Row(["-p=1"]) { $0.port = 1 },
        Row(["-p", "1"]) { $0.port = 1 },
        Row(["--port=1"]) { $0.port = 1 },
        Row(["-i=="]) { $0.interface = "=" },
        Row(["-i", "=x"]) { $0.interface = "=x" },
        Row(["--interface==x"]) { $0.interface = "=x" },
        Row(["-i", ""]) { $0.interface = "" },
        Row(["-i="]) { $0.interface = "" },
        Row(["--interface", ""]) { $0.interface = "" },
        Row(["--interface="]) { $0.interface = "" },
        Row(["--serv", "X"]) { $0.serviceName = "X" },
        Row(["--no-i"]) { $0.noIPv6 = true },
        Row(["--debugl=INFO"]) { $0.debugLevel = "INFO" },
        Row(["-p1", "-p2", "--port=3"]) { $0.port = 3 },
        Row(["--address=-x"]) { $0.address = "-x" },
        Row(["-a=-x"]) { $0.address = "-x" },
        Row(["-a-x"]) { $0.address = "-x" },
        Row(["--port", "-1"]) { $0.port = -1 },
        Row(["-i", "-.5"]) { $0.interface = "-.5" },
        Row(["-i", "-1.5"]) { $0.interface = "-1.5" },
        Row(["--port", " +1_000 "]) { $0.port = 1000 },
        Row(["--no-dbus", "--"]) { $0.noDBus = true },
        Row(["--port=1", "--no-dbus", "-ieth0"]) {
            $0.port = 1
            $0.noDBus = true
            $0.interface = "eth0"
        },
        Row(["--servicename", "Ålborg “1”"]) { $0.serviceName = "Ålborg “1”" },
    ]

    static func invocation(_ arguments: [String]) throws(UsageError) -> Invocation {
        try Invocation(arguments: ["/usr/sbin/mandos"] + arguments)
    }

    @Test("every option sets what it is for, and nothing else", arguments: everyOption)
    func options(_ row: Row) throws {
        #expect(try Self.invocation(row.arguments) == .run(row.expected))
    }

    @Test("options may be written in all the ways of mandos(8)", arguments: syntax)
    func writing(_ row: Row) throws {
        #expect(try Self.invocation(row.arguments) == .run(row.expected))
    }

    @Test("state is imported instead of starting a server, or only looked at")
    func importing() throws {
        var options = Options()
        options.importedState = "f"
        #expect(
            try Self.invocation(["--import-state", "f"])
                == .importState("f", isDryRun: false, options))
        options.dryRun = true
        #expect(
            try Self.invocation(["--dry-run", "--import-state=f"])
                == .importState("f", isDryRun: true, options))
    }

    static let noValue = "expected a value; one that starts with “-” needs a “=” before it"

    static let refused: [([String], String)] = [
        (["--dry-run"], "--dry-run: needs --import-state"),
        (["--bogus"], "unknown arguments: --bogus"),
        (["--bogus=1"], "unknown arguments: --bogus=1"),
        (["-x"], "unknown arguments: -x"),
        (["-debug"], "unknown arguments: -d -e -b -u -g"),
        (["-é"], "unknown arguments: -\u{fffd} -\u{fffd}"),
        (["-?"], "unknown arguments: -?"),
        (["-:"], "unknown arguments: -:"),
        (["stray"], "unknown arguments: stray"),
        (["stray", "--no-dbus", "more"], "unknown arguments: stray more"),
        (["--", "--debug"], "unknown arguments: --debug"),
        (["-"], "unknown arguments: -"),
        ([""], "unknown arguments: "),
        (["--prefix=x"], "unknown arguments: --prefix=x"),
        (["--port"], "-p/--port: \(noValue)"),
        (["-p"], "-p/--port: \(noValue)"),
        (
            ["--statedir", "--debug"],
            "--statedir: \(noValue)"
        ),
        (["-a", "-x"], "-a/--address: \(noValue)"),
        (["-a", "-"], "-a/--address: \(noValue)"),
        (["-a", "--"], "-a/--address: \(noValue)"),
        (["-a", "-1."], "-a/--address: \(noValue)"),
        (["-a", "-1x"], "-a/--address: \(noValue)"),
        (["--debug=1"], "--debug: takes no value"),
        (["--help=1"], "--help: takes no value"),
        (
            ["--no"],
            "--no: could be any of --no-dbus, --no-ipv6, --no-restore, --no-zeroconf"
        ),
        (["--c"], "--c: could be any of --check, --configdir, --check-state"),
        (["--c=x"], "--c: could be any of --check, --configdir, --check-state"),
        (["--deb"], "--deb: could be any of --debug, --debuglevel"),
        (["--port="], "-p/--port: expected an integer, found “”"),
        (["--port", "ssh"], "-p/--port: expected an integer, found “ssh”"),
        (["-p1.5"], "-p/--port: expected an integer, found “1.5”"),
        (["--socket", "0x1"], "--socket: expected an integer, found “0x1”"),
        (
            ["--port=99999999999999999999"],
            "-p/--port: expected an integer, found “99999999999999999999”"
        ),
    ]

    @Test("a command line that makes no sense is refused, and it is said why", arguments: refused)
    func refusal(_ arguments: [String], _ problem: String) {
        #expect(throws: UsageError(problem)) { try Self.invocation(arguments) }
    }

    @Test("a usage error shows the usage, and its line cannot be forged")
    func usageError() {
        let text = UsageError("unknown arguments: a\nb").text(program: "mandos")
        #expect(text.hasPrefix("usage: mandos [-h] [-v]"))
        #expect(text.hasSuffix("\nmandos: error: unknown arguments: a\\nb\n"))
        #expect(UsageError.exitStatus == 2)
    }

    @Test("--version names the program as it was called", arguments: ["-v", "--version", "--vers"])
    func version(_ option: String) throws {
        #expect(try Self.invocation([option]) == .version("mandos \(Version.current)\n"))
        #expect(try Invocation(arguments: ["x/other", option]) == .version("other 2.0.0\n"))
        #expect(try Invocation(arguments: ["./x/", option]) == .version("x 2.0.0\n"))
    }

    @Test(
        "--help wins over what comes after it, and over stray arguments",
        arguments: [
            ["-h"], ["--help"], ["-hv"], ["--help", "--bogus"], ["stray", "--help"], ["-h", "-px"],
        ])
    func help(_ arguments: [String]) throws {
        #expect(try Self.invocation(arguments) == .help(Usage(program: "mandos").help))
    }

    static let selfTests: [([String], String?)] = [
        (["--check"], nil),
        (["--chec"], nil),
        (["--ch"], nil),
        (["--bogus", "stray", "--port=x", "--check", "-x"], nil),
        (["--address", "--check"], nil),
        (["--help", "--check"], nil),
        (["--check", "--prefix", "duration"], "duration"),
        (["--check", "--prefix=duration"], "duration"),
        (["--prefix", "", "--check"], ""),
    ]

    @Test("--check counts wherever it stands, whatever stands beside it", arguments: selfTests)
    func check(_ arguments: [String], _ prefix: String?) throws {
        #expect(try Self.invocation(arguments) == .check(prefix: prefix))
    }

    @Test("an argument after -- is not --check")
    func checkAfterEnd() {
        #expect(throws: UsageError("unknown arguments: --check")) {
            try Self.invocation(["--", "--check"])
        }
    }

    @Test("a command line can be read again after one that was left in the middle")
    func again() throws {
        #expect(throws: UsageError.self) { try Self.invocation(["-xp", "stray", "-p", "q"]) }
        #expect(try Self.invocation(["-p1"]) == Self.invocation(["--port", "1"]))
    }
}
