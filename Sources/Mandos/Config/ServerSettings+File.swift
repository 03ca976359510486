extension ServerSettings {
    /// What `%(name)s` may refer to although the file does not say it.
    private static let builtIn = BuiltInDefaults([
        ("interface", ""), ("address", ""), ("port", ""), ("debug", "False"),
        ("priority", defaultPriority),
        ("servicename", "Mandos"), ("use_dbus", "True"), ("use_ipv6", "True"), ("debuglevel", ""),
        ("restore", "True"), ("statedir", "/var/lib/mandos"), ("save_interval", "PT15M"),
        ("keep_revocations", "P365D"),
        ("socket", ""),
        ("foreground", "False"), ("zeroconf", "True"), ("zeroconf_txt", ""),
        ("version_line_limit", "256"), ("version_line_timeout", "PT10S"),
        ("handshake_timeout", "PT30S"), ("send_timeout", "PT30S"),
        ("dead_peer_timeout", "PT30S"), ("max_connections", ""),
        ("max_connections_per_source", ""), ("max_connections_per_client", "4"),
        ("max_checkers", ""), ("native_checks", "False"),
    ])

    /// Every key that there is.
    static var keyNames: [String] { builtIn.names }

    /// Reads the text of mandos.conf. Only `[DEFAULT]` counts, and only the keys of mandos.conf(5).
    ///
    /// - Throws: everything that is wrong with it.
    package init(file text: consuming SensitiveBytes, name: String) throws(ConfigErrors) {
        let file = try INIFile(text, name: name)
        let scope = INIScope(file: file, section: nil, builtIn: Self.builtIn)
        var reader = OptionReader(scope: scope, title: "DEFAULT")
        let keys = Keys(file: file)
        readTexts(from: &reader, keys)
        readSwitches(from: &reader, keys)
        readLimits(from: &reader, keys)
        if !reader.errors.isEmpty { throw ConfigErrors(reader.errors) }
        remarks.notes = UnusedOptions(of: file, known: Self.keyNames).notes
        for section in file.sections {
            let title = file.title(of: section)
            remarks.notes.append(
                ConfigError(
                    place: Place(file: name, line: Int(section.line), section: title),
                    problem: "only [DEFAULT] counts in this file: the section has no effect"))
        }
    }

    private struct Keys {
        let file: INIFile

        subscript(name: StaticString) -> INIScope.Key {
            INIScope.Key(name, in: file, builtIn: ServerSettings.builtIn)
        }
    }

    /// Taken as they are written: a priority string has percent signs of its own.
    private mutating func readTexts(from reader: inout OptionReader, _ keys: Keys) {
        interface = reader.rawText(keys["interface"]) ?? interface
        address = reader.rawText(keys["address"]) ?? address
        let priority = keys["priority"]
        if reader.isWritten(priority) {
            setPriority(reader.rawText(priority) ?? "", at: reader.place(of: priority))
        }
        let name = keys["servicename"]
        if reader.isWritten(name) {
            setServiceName(reader.rawText(name) ?? "", at: reader.place(of: name))
        }
        serviceTexts =
            reader.rawValue(of: keys["zeroconf_txt"], as: ServiceTexts.form) {
                ServiceTexts.parse($0)
            } ?? serviceTexts
        stateDirectory = reader.rawText(keys["statedir"]) ?? stateDirectory
        let level = keys["debuglevel"]
        if reader.isWritten(level) {
            setDebugLevel(reader.rawText(level) ?? "", at: reader.place(of: level))
        }
    }

    private mutating func readSwitches(from reader: inout OptionReader, _ keys: Keys) {
        isDebugging = reader.boolean(keys["debug"]) ?? isDebugging
        usesDBus = reader.boolean(keys["use_dbus"]) ?? usesDBus
        usesIPv6 = reader.boolean(keys["use_ipv6"]) ?? usesIPv6
        restoresState = reader.boolean(keys["restore"]) ?? restoresState
        let foreground = reader.boolean(keys["foreground"]) ?? staysInForeground
        staysInForeground = foreground || isDebugging
        zeroconf =
            reader.value(of: keys["zeroconf"], as: ZeroconfMode.form) { ZeroconfMode.parse($0) }
            ?? zeroconf
        usesNativeChecks = reader.boolean(keys["native_checks"]) ?? usesNativeChecks
        let port = keys["port"]
        setPort(reader.integer(port), at: reader.place(of: port))
        socket = reader.integer(keys["socket"])
        saveInterval = reader.timeLimit(keys["save_interval"], or: saveInterval, "PT15M")
        revocationsKept = reader.timeLimit(keys["keep_revocations"], or: revocationsKept, "P365D")
    }

    private mutating func readLimits(from reader: inout OptionReader, _ keys: Keys) {
        limits.versionLineBytesMax = reader.integer(
            keys["version_line_limit"], in: 1...4096, or: limits.versionLineBytesMax)
        limits.versionLineTimeout = reader.timeLimit(
            keys["version_line_timeout"], or: limits.versionLineTimeout)
        limits.handshakeTimeout = reader.timeLimit(
            keys["handshake_timeout"], or: limits.handshakeTimeout)
        limits.sendTimeout = reader.timeLimit(keys["send_timeout"], or: limits.sendTimeout)
        limits.deadPeerTimeout =
            reader.value(
                of: keys["dead_peer_timeout"],
                as: "a duration of 3 seconds to an hour such as PT30S"
            ) { text in
                guard let span = DurationText.parse(text),
                    ConnectionLimits.deadPeerTimeouts.contains(span)
                else { return nil }
                return span
            } ?? limits.deadPeerTimeout
        limits.connectionsMax = reader.integer(keys["max_connections"], in: 2...Int.max)
        limits.connectionsPerSourceMax = reader.integer(
            keys["max_connections_per_source"], in: 1...Int.max)
        limits.connectionsPerClientMax = reader.integer(
            keys["max_connections_per_client"], in: 1...Int.max, or: limits.connectionsPerClientMax)
        limits.checkersMax = reader.integer(keys["max_checkers"], in: 1...Int.max)
    }
}

extension OptionReader {
    /// nil if it is empty, which means “not set”, or wrong.
    fileprivate mutating func integer(
        _ key: INIScope.Key, in range: ClosedRange<Int> = Int.min...Int.max
    ) -> Int? {
        let form =
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): "an integer or nothing"
            case (let least, .max): "an integer of at least \(least), or nothing"
            case (let least, let most): "an integer from \(least) to \(most)"
            }
        let value = value(of: key, as: form) { text -> Int?? in
            if text.isEmpty { return .some(nil) }
            guard let number = DecimalInteger.parse(text.string), range.contains(number) else {
                return nil
            }
            return number
        }
        return value ?? nil
    }

    /// What is empty is as if it were not there.
    fileprivate mutating func integer(
        _ key: INIScope.Key, in range: ClosedRange<Int>, or standard: Int
    ) -> Int {
        integer(key, in: range) ?? standard
    }

    /// - Parameter sample: as an operator would write it.
    fileprivate mutating func timeLimit(
        _ key: INIScope.Key, or standard: Duration, _ sample: StaticString = "PT10S"
    ) -> Duration {
        value(of: key, as: "a duration longer than zero such as \(sample)") { text in
            guard let span = DurationText.parse(text), span > .zero else { return nil }
            return span
        } ?? standard
    }
}
