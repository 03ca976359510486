import Testing

@testable import Mandos

private func settings(_ text: String) throws(ConfigErrors) -> ServerSettings {
    try ServerSettings(file: sensitive(text), name: "mandos.conf")
}

private func problems(_ text: String) -> [String] {
    do throws(ConfigErrors) {
        _ = try settings("[DEFAULT]\n" + text)
        return []
    } catch { return error.errors.map(\.text) }
}

struct SettingRow: Sendable {
    let line: String
    let isSet: @Sendable (ServerSettings) -> Bool

    init(_ line: String, _ isSet: @escaping @Sendable (ServerSettings) -> Bool) {
        self.line = line
        self.isSet = isSet
    }

    static let all = [
        SettingRow("interface = eth0") { $0.interface == "eth0" },
        SettingRow("Address: ::1") { $0.address == "::1" },
        SettingRow("port = 1024") { $0.port == 1024 },
        SettingRow("port = +1_0 ") { $0.port == 10 },
        SettingRow("port = -1") { $0.port == -1 },
        SettingRow("port = 0") { $0.port == nil },
        SettingRow("port =") { $0.port == nil },
        SettingRow("port = %(x)s%(x)s\nx = 4") { $0.port == 44 },
        SettingRow("debug = on") { $0.isDebugging && $0.staysInForeground },
        SettingRow("debug = %(x)s\nx = TRUE") { $0.isDebugging },
        SettingRow("debug = %(use_dbus)s") { $0.isDebugging },
        SettingRow("priority = A:%PROFILE_ULTRA:%%") { $0.priority == "A:%PROFILE_ULTRA:%%" },
        SettingRow("priority =") { $0.priority == "" },
        SettingRow("servicename = %(x)s") { $0.serviceName == "%(x)s" },
        SettingRow("save_interval = PT1M") { $0.saveInterval == .seconds(60) },
        SettingRow("statedir = ~/$HOME") { $0.stateDirectory == "~/$HOME" },
        SettingRow("use_dbus = no") { !$0.usesDBus },
        SettingRow("use_ipv6 = 0") { !$0.usesIPv6 },
        SettingRow("restore = False") { !$0.restoresState },
        SettingRow("socket = 0") { $0.socket == 0 },
        SettingRow("socket =") { $0.socket == nil },
        SettingRow("foreground = 1") { $0.staysInForeground && !$0.isDebugging },
        SettingRow("zeroconf = off") { $0.zeroconf == .none && $0.lacksPort },
        SettingRow("zeroconf = yes") { $0.zeroconf == .automatic && !$0.lacksPort },
        SettingRow("zeroconf = Embedded") { $0.zeroconf == .embedded && !$0.lacksPort },
        SettingRow("zeroconf = avahi-daemon") { $0.zeroconf == .avahiDaemon && !$0.lacksPort },
        SettingRow("zeroconf = %(x)s\nx = embedded") { $0.zeroconf == .embedded },
        SettingRow("zeroconf_txt =") { $0.serviceTexts == [] },
        SettingRow("zeroconf_txt = site=oslo") { $0.serviceTexts == [Array("site=oslo".utf8)] },
        SettingRow("zeroconf_txt =\n a=%(b)s\n\n lit") {
            $0.serviceTexts == [Array("a=%(b)s".utf8), Array("lit".utf8)]
        },
        SettingRow("zeroconf = off\nsocket = 0") { !$0.lacksPort },
        SettingRow("zeroconf = off\nport = 1") { !$0.lacksPort },
        SettingRow("debuglevel = info") { (try? $0.logLevel()) == .info },
        SettingRow("debuglevel = info\ndebug = 1") { (try? $0.logLevel()) == .debug },
        SettingRow("debuglevel = WARN") { (try? $0.logLevel()) == .warning },
        SettingRow("version_line_limit = 4096") { $0.limits.versionLineBytesMax == 4096 },
        SettingRow("version_line_timeout = 1m") { $0.limits.versionLineTimeout == .seconds(60) },
        SettingRow("handshake_timeout = PT1S") { $0.limits.handshakeTimeout == .seconds(1) },
        SettingRow("send_timeout = PT2S") { $0.limits.sendTimeout == .seconds(2) },
        SettingRow("dead_peer_timeout = PT3S") { $0.limits.deadPeerTimeout == .seconds(3) },
        SettingRow("max_connections = 9") { $0.limits.connectionsMax == 9 },
        SettingRow("max_connections =") { $0.limits.connectionsMax == nil },
        SettingRow("max_connections_per_source = 1") { $0.limits.connectionsPerSourceMax == 1 },
        SettingRow("max_connections_per_client = 2") { $0.limits.connectionsPerClientMax == 2 },
        SettingRow("max_checkers = 3") { $0.limits.checkersMax == 3 },
        SettingRow("configdir = /x\nnonsense = %") { $0.stateDirectory == "/var/lib/mandos" },
    ]
}

struct ServerSettingsTests {
    @Test("an empty file, and one without [DEFAULT], leave all defaults")
    func defaults() throws {
        for text in ["", "# only this", "[other]\nport = 1\ndebug = on\n[default]\nport = 2"] {
            #expect(try settings(text) == ServerSettings())
        }
        let standard = ServerSettings()
        #expect(standard.interface == "" && standard.address == "" && standard.port == nil)
        #expect(!standard.isDebugging && !standard.staysInForeground && standard.socket == nil)
        #expect(standard.usesDBus && standard.usesIPv6 && standard.restoresState)
        #expect(standard.serviceName == "Mandos" && standard.stateDirectory == "/var/lib/mandos")
        #expect(
            standard.priority
                == "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA:"
                + "-GROUP-ALL:+GROUP-EC-ALL")
        #expect(standard.zeroconf == .automatic)
        #expect(try standard.logLevel() == .warning)
        #expect(
            standard.limits.versionLineBytesMax == 256
                && standard.limits.versionLineTimeout == .seconds(10))
        #expect(
            standard.limits.handshakeTimeout == .seconds(30)
                && standard.limits.sendTimeout == .seconds(30))
        #expect(
            standard.limits.connectionsMax == nil && standard.limits.connectionsPerSourceMax == nil)
        #expect(standard.limits.checkersMax == nil)
    }

    @Test("every key of mandos.conf", arguments: SettingRow.all)
    func keys(row: SettingRow) throws {
        let found = try settings("[DEFAULT]\n" + row.line)
        #expect(row.isSet(found), "\(row.line)")
    }

    @Test(
        "bad values of mandos.conf",
        arguments: [
            ("debug =", "2: [DEFAULT] debug: expected a boolean such as yes or no, found nothing"),
            (
                "debug = maybe",
                "2: [DEFAULT] debug: expected a boolean such as yes or no, found “maybe”"
            ),
            ("port = 1 ; x", "2: [DEFAULT] port: expected an integer or nothing, found “1 ; x”"),
            ("\nport = %(priority)s", "3: [DEFAULT] port: expected %% or %(name)s after a %"),
            (
                "zeroconf = maybe",
                "2: [DEFAULT] zeroconf: expected yes, embedded, avahi-daemon or no, found “maybe”"
            ),
            (
                "zeroconf =",
                "2: [DEFAULT] zeroconf: expected yes, embedded, avahi-daemon or no, found nothing"
            ),
            (
                "zeroconf_txt = =x",
                "2: [DEFAULT] zeroconf_txt: expected \(ServiceTexts.form), found “=x”"
            ),
            ("socket = x", "2: [DEFAULT] socket: expected an integer or nothing, found “x”"),
            (
                "version_line_limit = 0",
                "2: [DEFAULT] version_line_limit: expected an integer from 1 to 4096, found “0”"
            ),
            (
                "version_line_limit = 4097",
                "2: [DEFAULT] version_line_limit: expected an integer from 1 to 4096, found “4097”"
            ),
            (
                "dead_peer_timeout = PT2S",
                "2: [DEFAULT] dead_peer_timeout: expected a duration of 3 seconds to an hour such as PT30S, found “PT2S”"
            ),
            (
                "send_timeout = PT0S",
                "2: [DEFAULT] send_timeout: expected a duration longer than zero such as PT10S, found “PT0S”"
            ),
            (
                "max_checkers = 0",
                "2: [DEFAULT] max_checkers: expected an integer of at least 1, or nothing, found “0”"
            ),
            ("interface = a\0b", "2: [DEFAULT] interface: expected text without NUL bytes"),
        ])
    func badValues(line: String, problem: String) {
        #expect(problems(line) == ["mandos.conf:" + problem])
    }

    @Test("all bad values are reported at once")
    func allBadValues() { #expect(problems("debug = x\nport = y\nsend_timeout = z").count == 3) }

    @Test("an unknown log level is an error only if it decides")
    func logLevels() throws {
        var found = try settings("[DEFAULT]\n\ndebuglevel = loud")
        let error = #expect(throws: ConfigError.self) { try found.logLevel() }
        #expect(
            error?.text
                == "mandos.conf:3: [DEFAULT] debuglevel: expected a log level such as INFO, found “loud”"
        )
        var options = Options()
        options.debugLevel = "quiet"
        found.apply(options)
        let second = #expect(throws: ConfigError.self) { try found.logLevel() }
        #expect(second?.text == "--debuglevel: expected a log level such as INFO, found “quiet”")
        options.debugLevel = ""
        found.apply(options)
        #expect(try found.logLevel() == .warning)
        options.debug = true
        options.debugLevel = "quiet"
        found.apply(options)
        #expect(try found.logLevel() == .debug)
    }

    @Test("the command line decides wherever it says anything")
    func precedence() throws {
        let text = """
            [DEFAULT]
            interface = eth0
            address = ::1
            port = 1
            priority = P
            servicename = S
            socket = 7
            statedir = /s
            """
        var found = try settings(text)
        found.apply(Options())
        #expect(try found == settings(text))
        var options = Options()
        options.interface = ""
        options.address = "::2"
        options.port = 2
        options.priority = "Q"
        options.serviceName = "T"
        options.socket = 0
        options.stateDirectory = "/t"
        found.apply(options)
        #expect(
            found.interface == "" && found.address == "::2" && found.port == 2
                && found.priority == "Q")
        #expect(found.serviceName == "T" && found.socket == 0 && found.stateDirectory == "/t")
        options.port = 0
        found.apply(options)
        #expect(found.port == nil)
    }

    @Test("switches of the command line only go one way")
    func switches() throws {
        var options = Options()
        options.debug = false
        options.foreground = false
        options.noDBus = false
        options.noZeroconf = false
        var found = try settings("[DEFAULT]\ndebug = 1\nuse_dbus = 0\nzeroconf = 0")
        found.apply(options)
        #expect(
            found.isDebugging && found.staysInForeground && !found.usesDBus
                && found.zeroconf == .none)

        options.debug = true
        options.noDBus = true
        options.noIPv6 = true
        options.noRestore = true
        options.noZeroconf = true
        found = ServerSettings()
        found.apply(options)
        #expect(found.isDebugging && found.staysInForeground && !found.usesDBus && !found.usesIPv6)
        #expect(!found.restoresState && found.zeroconf == .none && found.lacksPort)

        var foreground = Options()
        foreground.foreground = true
        found = ServerSettings()
        found.apply(foreground)
        #expect(found.staysInForeground && !found.isDebugging)
    }

    @Test("2.2: a key that does not exist, and another section, are told of, and permitted")
    func unknown() throws {
        let text =
            "[DEFAULT]\ninterfce = eth1\nroot = yes\nrestore = %(root)s\n[server]\nport = 1\n"
        let settings = try ServerSettings(file: sensitive(text), name: "mandos.conf")
        #expect(
            settings.remarks.notes.map { $0.text } == [
                "mandos.conf:2: [DEFAULT] interfce: there is no such option, and nothing refers to "
                    + "it: it has no effect",
                "mandos.conf:5: [server]: only [DEFAULT] counts in this file: the section has no "
                    + "effect",
            ])
        #expect(settings.port == nil)
    }

    @Test("a port out of range has its place, and is an error only if it is used")
    func portPlace() throws {
        var settings = try ServerSettings(
            file: sensitive("[DEFAULT]\nport = 70000\n"), name: "mandos.conf")
        #expect(settings.port == 70_000)
        #expect(settings.remarks.portPlace.text == "mandos.conf:2: [DEFAULT] port:")
        var options = Options()
        options.port = -1
        settings.apply(options)
        #expect(settings.port == -1 && settings.remarks.portPlace.text == "--port:")
    }

    @Test("a limit that cannot work is an error: at least two connections")
    func limitsMin() {
        let error = #expect(throws: ConfigErrors.self) {
            try ServerSettings(file: sensitive("[DEFAULT]\nmax_connections = 1\n"), name: "f")
        }
        #expect(
            error?.errors.map { $0.text } == [
                "f:2: [DEFAULT] max_connections: expected an integer of at least 2, or nothing, "
                    + "found “1”"
            ])
    }
}
