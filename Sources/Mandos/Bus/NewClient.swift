/// What AddClient is given, made into a client by the very parser of clients.conf, so that the same
/// is allowed and refused, in the same words.
struct NewClient {
    /// `[name]` and options, as they would be written.
    private var text = ""
    private var name: String?
    private var secret: SharedSecret?
    /// What cannot be written exactly.
    private var changes: [ClientSetting] = []

    /// - Parameter call: about to be read at its argument, an `a{sv}`.
    init(_ call: BusMessage) throws(BusError) {
        try call.enter(.array, "{sv}")
        while try call.next() != nil {
            try call.enter(.dictionaryEntry, "sv")
            let key = try call.readString()
            let (_, contents) = try call.needNext()
            try call.enter(.variant, contents)
            do throws(BusError) {
                try read(key, call)
            } catch {
                throw BusError(name: error.name, message: "\(key): \(error.message)")
            }
            try call.leave()
            try call.leave()
        }
        try call.leave()
    }

    private mutating func read(_ key: String, _ call: BusMessage) throws(BusError) {
        switch key {
        case "name": name = try call.readString()
        case "secret":
            secret = SharedSecret(try call.readBytes { SensitiveBytes(copying: $0) })
        case "key_id", "fingerprint", "host", "checker": try write(key, call.readText())
        case "approved_by_default", "enabled": try write(key, call.readTruth() ? "yes" : "no")
        case "timeout", "extended_timeout", "interval", "approval_delay", "approval_duration":
            try readSpan(key, call)
        default: throw BusError(.invalidArguments, "there is no such option")
        }
    }

    /// A number of milliseconds, or what would stand in the file.
    private mutating func readSpan(_ key: String, _ call: BusMessage) throws(BusError) {
        if try call.next()?.type == .string { return try write(key, call.readString()) }
        let span = try call.readDuration()
        switch key {
        case "timeout": changes.append(.timeout(span))
        case "extended_timeout": changes.append(.extendedTimeout(span))
        case "approval_delay": changes.append(.approvalDelay(span))
        case "approval_duration": changes.append(.approvalDuration(span))
        default:
            guard span > .zero else {
                throw BusError(.invalidArguments, "expected a time longer than zero")
            }
            changes.append(.interval(span))
        }
    }

    private mutating func write(_ key: String, _ value: String) throws(BusError) {
        try Self.checkLine(value)
        var escaped = ""
        for character in value.unicodeScalars {
            escaped.unicodeScalars.append(character)
            if character == "%" { escaped.unicodeScalars.append(character) }
        }
        text += "\(key) = \(escaped)\n"
    }

    private static func checkLine(_ text: String) throws(BusError) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw BusError(.invalidArguments, "expected a text of one line")
        }
    }

    /// - Throws: everything that is wrong with it.
    func settings() throws(BusError) -> ClientSettings {
        guard let name else { throw BusError(.invalidArguments, "name: is missing") }
        guard let secret else { throw BusError(.invalidArguments, "secret: is missing") }
        try Self.checkLine(name)
        // The real secret goes nowhere near a text.
        guard !name.isEmpty else { throw BusError(.invalidArguments, "name: is empty") }
        let file = try parse("[\(name)]\n\(text)secret =\n")
        guard var client = file.clients.first, client.name == ClientName(name) else {
            throw BusError(
                .invalidArguments, "name: expected the name of a section of clients.conf")
        }
        for change in changes { _ = client.apply(change) }
        _ = client.apply(.secret(secret))
        return client
    }

    private func parse(_ text: String) throws(BusError) -> ClientsFile {
        let bytes = SensitiveBytes(copying: Array(text.utf8))
        do throws(ConfigErrors) {
            let file = try ClientsFile(
                bytes, name: "AddClient", files: LinuxSecretFileReader(), lookup: LinuxPathLookup())
            if !file.errors.isEmpty { throw ConfigErrors(file.errors) }
            // A file is served with such a client, which no key matches; nobody wants to add one.
            let notes = file.notes.filter { $0.place.key == "key_id" }
            if !notes.isEmpty { throw ConfigErrors(notes) }
            return file
        } catch {
            let problems = error.errors.map { error in
                error.place.key.map { "\($0): \(error.problem)" } ?? error.problem
            }
            throw BusError(.invalidArguments, problems.joined(separator: "; "))
        }
    }
}
