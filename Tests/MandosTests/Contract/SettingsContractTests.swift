import Testing

@testable import Mandos

/// One statement about the command line and mandos.conf, by the number of its section and, where
/// there is one, of the rule in it.
struct ContractRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let arguments: [String]
    let holds: @Sendable (ServerSettings) throws -> Bool

    init(
        _ rule: String, file: String = "", _ arguments: [String] = [],
        _ holds: @escaping @Sendable (ServerSettings) throws -> Bool
    ) {
        testDescription = rule
        self.file = file.isEmpty ? "" : "[DEFAULT]\n" + file
        self.arguments = arguments
        self.holds = holds
    }

    func settings() throws -> ServerSettings {
        var settings = try ServerSettings(file: sensitive(file), name: "mandos.conf")
        guard case .run(let options) = try Invocation(arguments: ["mandos"] + arguments) else {
            throw UsageError("does not run")
        }
        settings.apply(options)
        return settings
    }
}

/// One at a time, as all tests of the command line.
extension InvocationTests {
    @Suite("The contract of settings") struct SettingsContractTests {
        static let options: [ContractRow] = [
            ContractRow("1.1: interface") { $0.interface == "" },
            ContractRow("1.1: --interface", ["-i", "eth0"]) { $0.interface == "eth0" },
            ContractRow("1.1: address") { $0.address == "" },
            ContractRow("1.1: --address", ["-a", "::1"]) { $0.address == "::1" },
            ContractRow("1.1: port") { $0.port == nil },
            ContractRow("1.1: --port", ["-p", "1"]) { $0.port == 1 },
            ContractRow("1.1: --port 0 is not set", ["-p", "0"]) { $0.port == nil },
            ContractRow("1.1: debug") { !$0.isDebugging },
            ContractRow("1.1: --debug", ["--debug"]) { $0.isDebugging },
            ContractRow("1.1: debuglevel") { try $0.logLevel() == .warning },
            ContractRow("1.1: --debuglevel", ["--debuglevel", "INFO"]) {
                try $0.logLevel() == .info
            },
            ContractRow("1.1: --priority", ["--priority", "NORMAL"]) { $0.priority == "NORMAL" },
            ContractRow("1.1: servicename") { $0.serviceName == "Mandos" },
            ContractRow("1.1: --servicename", ["--servicename", "X"]) { $0.serviceName == "X" },
            ContractRow("1.1: use_dbus") { $0.usesDBus },
            ContractRow("1.1: --no-dbus", ["--no-dbus"]) { !$0.usesDBus },
            ContractRow("1.1: use_ipv6") { $0.usesIPv6 },
            ContractRow("1.1: --no-ipv6", ["--no-ipv6"]) { !$0.usesIPv6 },
            ContractRow("1.1: restore") { $0.restoresState },
            ContractRow("1.1: --no-restore", ["--no-restore"]) { !$0.restoresState },
            ContractRow("1.1: socket") { $0.socket == nil },
            ContractRow("1.1: --socket", ["--socket", "5"]) { $0.socket == 5 },
            ContractRow("1.1: statedir") { $0.stateDirectory == "/var/lib/mandos" },
            ContractRow("1.1: --statedir", ["--statedir", "/s"]) { $0.stateDirectory == "/s" },
            ContractRow("1.1: foreground") { !$0.staysInForeground },
            ContractRow("1.1: --foreground", ["--foreground"]) { $0.staysInForeground },
            ContractRow("1.1: zeroconf") { $0.zeroconf == .automatic },
            ContractRow("1.1: --no-zeroconf", ["--no-zeroconf"]) { $0.zeroconf == .none },
        ]

        static let rules: [ContractRow] = [
            ContractRow("1.2: --opt VALUE", ["--port", "7"]) { $0.port == 7 },
            ContractRow("1.2: --opt=VALUE", ["--port=7"]) { $0.port == 7 },
            ContractRow("1.2: -p1", ["-p1"]) { $0.port == 1 },
            ContractRow("1.2: -p=1", ["-p=1"]) { $0.port == 1 },
            ContractRow("1.2: an unambiguous prefix", ["--serv", "X"]) { $0.serviceName == "X" },
            ContractRow("1.2: the last one wins", ["-p1", "--port=2"]) { $0.port == 2 },
            ContractRow("1.2: -- ends options", ["-p1", "--"]) { $0.port == 1 },
            ContractRow("1.2: a hyphen after =", ["--servicename=-x"]) { $0.serviceName == "-x" },
            ContractRow("1.2: a negative number", ["--port", "-1"]) { $0.port == -1 },
            ContractRow(
                "1.2: an empty string is a legal value", file: "interface = eth0",
                ["--interface", ""]
            ) { $0.interface == "" },
            ContractRow("1.2: integers as Python reads them", ["--port", " +1_0 "]) {
                $0.port == 10
            },
            ContractRow("1.3 (1): the file beats the default", file: "port = 3") { $0.port == 3 },
            ContractRow("1.3 (1): an option beats the file", file: "port = 3", ["-p4"]) {
                $0.port == 4
            },
            ContractRow(
                "1.3 (1): what is not given overrides nothing", file: "port = 3", ["-i", "x"]
            ) {
                $0.port == 3
            },
            ContractRow("1.3 (2): debug of the file stays", file: "debug = yes", ["--foreground"]) {
                $0.isDebugging
            },
            ContractRow("1.3 (2): --no-dbus beats the file", file: "use_dbus = yes", ["--no-dbus"])
            {
                !$0.usesDBus
            },
            ContractRow("1.3 (2): an option switches nothing else on", file: "use_dbus = no") {
                !$0.usesDBus
            },
            ContractRow("1.3 (3): debug forces foreground", file: "foreground = no", ["--debug"]) {
                $0.staysInForeground
            },
            ContractRow("1.3 (3): so does that of the file", file: "debug = 1\nforeground = 0") {
                $0.staysInForeground
            },
            ContractRow("1.3 (4): without Zeroconf, nothing else", ["--no-zeroconf"]) {
                $0.lacksPort
            },
            ContractRow("1.3 (4): port 0 is unset", file: "port = 0", ["--no-zeroconf", "-p0"]) {
                $0.lacksPort
            },
            ContractRow("1.3 (4): socket 0 is set", ["--no-zeroconf", "--socket=0"]) {
                !$0.lacksPort
            },
            ContractRow("1.3 (4): a port of the file is set", file: "port = 1", ["--no-zeroconf"]) {
                !$0.lacksPort
            },
            ContractRow("1.3 (4): with Zeroconf, nothing is needed") { !$0.lacksPort },
            ContractRow("1.3 (5): configdir in the file has no effect", file: "configdir = /x") {
                $0 == ServerSettings()
            },
            ContractRow("1.4: --debug, whatever the level", ["--debug", "--debuglevel", "ERROR"]) {
                try $0.logLevel() == .debug
            },
            ContractRow("1.4: empty is WARNING", file: "debuglevel = INFO", ["--debuglevel="]) {
                try $0.logLevel() == .warning
            },
        ]

        static let levels: [(String, LogLevel)] = [
            ("CRITICAL", .critical), ("ERROR", .error), ("WARNING", .warning), ("INFO", .info),
            ("DEBUG", .debug), ("FATAL", .critical), ("WARN", .warning), ("NOTSET", .debug),
            ("critical", .critical), ("Info", .info),
        ]

        @Test("1.1: every option has its default and its effect", arguments: options)
        func option(_ row: ContractRow) throws { #expect(try row.holds(row.settings())) }

        @Test("1.2 to 1.4: syntax, precedence, combinations", arguments: rules)
        func rule(_ row: ContractRow) throws { #expect(try row.holds(row.settings())) }

        @Test("1.4: every level has its names", arguments: levels)
        func level(name: String, level: LogLevel) throws {
            let row = ContractRow("1.4: \(name)", ["--debuglevel", name]) {
                try $0.logLevel() == level
            }
            #expect(try row.holds(row.settings()))
        }

        @Test("1.4: an unknown level is an error", arguments: ["LOUD", "20", "WARNIN", " INFO"])
        func unknownLevel(name: String) throws {
            let settings = try ContractRow("", ["--debuglevel=\(name)"]) { _ in true }.settings()
            #expect(throws: ConfigError.self) { try settings.logLevel() }
        }

        static let usageErrors: [(String, [String])] = [
            ("1.2: unknown option", ["--unknown"]), ("1.2: stray argument", ["stray"]),
            ("1.2: missing value", ["--port"]), ("1.2: ambiguous prefix", ["--no"]),
            ("1.2: a port that is no integer", ["--port", "ssh"]),
            ("1.2: a socket that is no integer", ["--socket", "1.0"]),
            ("1.2: a value with a hyphen", ["--interface", "-x"]),
            ("1.2: an argument after --", ["--", "x"]),
            ("1.1: no positional arguments", ["-p1", "x"]),
            ("1.1: --prefix without --check", ["--prefix", "x"]),
        ]

        @Test("1.2: these are usage errors", arguments: usageErrors)
        func usageError(rule: String, arguments: [String]) {
            #expect(throws: UsageError.self) {
                _ = try ContractRow(rule, arguments) { _ in true }.settings()
            }
        }

        static let values: [ContractRow] =
            ["1", "yes", "TRUE", "On"].map { word in
                ContractRow("2.2: \(word) is true", file: "foreground = \(word)") {
                    $0.staysInForeground
                }
            }
            + ["0", "no", "False", "OFF"].map { word in
                ContractRow("2.2: \(word) is false", file: "use_ipv6 = \(word)") { !$0.usesIPv6 }
            }
            + [
                ContractRow("2.2: unknown keys are ignored", file: "unknown = %(x") {
                    $0 == ServerSettings()
                },
                ContractRow("2.2: an empty port is unset", file: "port =") { $0.port == nil },
                ContractRow("2.2: an empty socket is unset", file: "socket =") { $0.socket == nil },
                ContractRow("2.2: no check of the range", file: "port = 99999") {
                    $0.port == 99_999
                },
                ContractRow("2.2: texts are raw", file: "priority = %PROFILE_ULTRA:%%") {
                    $0.priority == "%PROFILE_ULTRA:%%"
                },
                ContractRow("2.2: booleans are interpolated", file: "x = no\nuse_dbus = %(x)s") {
                    !$0.usesDBus
                },
                ContractRow("2.2: integers are interpolated", file: "x = 12\nport = %(x)s") {
                    $0.port == 12
                },
                ContractRow("2.2: no expansion of paths", file: "statedir = ~/$HOME") {
                    $0.stateDirectory == "~/$HOME"
                },
                ContractRow("2.2: debuglevel works in the file", file: "debuglevel = error") {
                    try $0.logLevel() == .error
                },
                ContractRow("2.1 (2): no comments after a value", file: "interface = a ; b") {
                    $0.interface == "a ; b"
                },
                ContractRow(
                    "2.1 (2): an indented comment in a value", file: "interface = a\n  # c\n  b"
                ) {
                    $0.interface == "a\nb"
                },
                ContractRow("2.1 (4): the first delimiter counts", file: "address : ::1=x") {
                    $0.address == "::1=x"
                },
                ContractRow("2.1 (4): keys are lower-cased", file: "InterFace = a") {
                    $0.interface == "a"
                },
                ContractRow("2.1 (5): what is indented deeper goes on", file: "interface = a\n b") {
                    $0.interface == "a\nb"
                },
                ContractRow("2.1 (6): empty lines in between stay", file: "interface = a\n\n b\n\n")
                {
                    $0.interface == "a\n\nb"
                },
                ContractRow(
                    "2.1 (7): all of it may be indented", file: "  interface = a\n  port = 1"
                ) {
                    $0.interface == "a" && $0.port == 1
                },
                ContractRow(
                    "2.1 (9): DEFAULT may be repeated", file: "port = 1\n[DEFAULT]\ndebug = 1"
                ) {
                    $0.port == 1 && $0.isDebugging
                },
                ContractRow("2.1 (10): default is another section", file: "[default]\nport = 1") {
                    $0.port == nil
                },
            ]

        @Test("2.1 and 2.2: what mandos.conf means", arguments: values)
        func value(_ row: ContractRow) throws { #expect(try row.holds(row.settings())) }

        static let fatalFiles: [(String, String)] = [
            ("2.1 (1): a byte-order mark", "\u{FEFF}[DEFAULT]\n"),
            ("2.1 (3): [] is no header", "[]\n"),
            ("2.1 (4): no delimiter", "[DEFAULT]\nport\n"),
            ("2.1 (4): an empty key", "[DEFAULT]\n= 1\n"),
            ("2.1 (8): an option before the first header", "port = 1\n"),
            ("2.1 (9): an option twice", "[DEFAULT]\nport = 1\nPort = 2\n"),
            ("2.1 (9): an option of DEFAULT twice", "[DEFAULT]\nport = 1\n[DEFAULT]\nport = 2\n"),
            ("2.1 (9): a section twice", "[a]\n[a]\n"),
            ("2.2: an empty boolean", "[DEFAULT]\nrestore =\n"),
            ("2.2: no boolean", "[DEFAULT]\nrestore = perhaps\n"),
            ("2.2: no integer", "[DEFAULT]\nsocket = x\n"),
            ("2.2: a lone percent sign", "[DEFAULT]\nport = %\n"),
            ("2.2: other sections are parsed for syntax", "[other]\nport\n"),
        ]

        @Test("2.1 and 2.2: what is fatal", arguments: fatalFiles)
        func fatal(rule: String, text: String) {
            #expect(throws: ConfigErrors.self, "\(rule)") {
                _ = try ServerSettings(file: sensitive(text), name: "mandos.conf")
            }
        }
    }
}
