internal import Reactor

/// What a Mandos server written in Python has saved. Other things than those of clients are skipped.
struct PickledState {
    var state = SavedState()
    /// OpenPGP messages. Each can be opened with what clients.conf has as the secret of the client.
    private(set) var encryptedSecrets: [ClientName: [UInt8]] = [:]

    init(_ contents: consuming SensitiveBytes) throws(PickleError) {
        let file = try PickleReader.read(contents)
        guard case .sequence(let pair) = file.value, pair.isTuple, pair.items.count == 2,
            case .mapping(let clients) = pair.items[0], case .mapping(let settings) = pair.items[1]
        else { throw PickleError(offset: nil, problem: "not the state of a Mandos server") }
        for (key, value) in settings.items {
            let fields = try PickledClient(key, value, in: file)
            state.clients[fields.name] = SavedClient(
                name: fields.name, configured: try fields.values(of: file),
                configuredKey: try fields.key(of: file), current: nil)
        }
        for (key, value) in clients.items {
            let fields = try PickledClient(key, value, in: file)
            var client =
                state.clients[fields.name]
                ?? SavedClient(name: fields.name, configured: nil, current: nil)
            client.current = try fields.current(of: file)
            if client.configuredKey == nil { client.configuredKey = try fields.key(of: file) }
            state.clients[fields.name] = client
            if let value = fields.field("encrypted_secret", file), let secret = file.bytes(value) {
                encryptedSecrets[fields.name] = secret
            }
        }
    }
}

extension PickledState {
    /// False also for what cannot be read.
    static func isEmpty(at path: String) -> Bool {
        guard let contents = try? LinuxSecretFileReader().read(path),
            let pickled = try? PickledState(contents)
        else { return false }
        return pickled.state.clients.isEmpty
    }
}

/// The fields of one client, or of its settings.
private struct PickledClient {
    let name: ClientName
    private let fields: PickleValue.Mapping

    init(
        _ key: PickleValue, _ value: PickleValue, in file: borrowing PickleFile
    ) throws(PickleError) {
        guard let name = file.text(key), case .mapping(let fields) = value else {
            throw PickleError(offset: nil, problem: "not the state of a Mandos server")
        }
        self.name = ClientName(name)
        self.fields = fields
    }

    /// The last of that name counts, as in Python.
    func field(_ name: StaticString, _ file: borrowing PickleFile) -> PickleValue? {
        for item in fields.items.reversed() where file.key(item.key, is: name) {
            return item.value
        }
        return nil
    }

    private func failure(_ field: StaticString, _ form: StaticString) -> PickleError {
        PickleError(offset: nil, problem: "client \(name.text): \(field): expected \(form)")
    }

    func values(of file: borrowing PickleFile) throws(PickleError) -> ClientValues {
        var values = ClientValues()
        values.isEnabled = try truth("enabled", file)
        values.isApprovedByDefault = try truth("approved_by_default", file)
        values.host = try text("host", file)
        values.checker = try text("checker_command", file)
        values.timeout = try span("timeout", file)
        values.extendedTimeout = try span("extended_timeout", file)
        values.interval = try span("interval", file)
        if let interval = values.interval, interval <= .zero {
            throw failure("interval", "a time longer than zero")
        }
        values.approvalDelay = try span("approval_delay", file)
        values.approvalDuration = try span("approval_duration", file)
        return values
    }

    /// nil if it has neither a key ID nor a fingerprint, as in the earliest versions.
    func key(of file: borrowing PickleFile) throws(PickleError) -> ClientKey? {
        let keyID = try text("key_id", file).flatMap { KeyID(hex: $0) }
        let fingerprint = Fingerprint(try text("fingerprint", file) ?? "")
        let key = ClientKey(
            keyID: keyID == .ofNothing ? nil : keyID,
            fingerprint: fingerprint.isEmpty ? nil : fingerprint)
        return key.isEmpty ? nil : key
    }

    func current(of file: borrowing PickleFile) throws(PickleError) -> SavedClient.Current {
        var changed = try values(of: file)
        let isEnabled = changed.isEnabled
        changed.isEnabled = nil
        var liveness = Liveness()
        liveness.expires = try time("expires", file)
        liveness.lastCheckedOK = try time("last_checked_ok", file)
        liveness.lastCheckerStatus = try status(file)
        liveness.lastApprovalRequest = try time("last_approval_request", file)
        guard let isEnabled, let created = try time("created", file) else {
            throw failure(isEnabled == nil ? "enabled" : "created", "a value")
        }
        return SavedClient.Current(
            isEnabled: isEnabled, changed: changed, created: created,
            lastEnabled: try time("last_enabled", file), secret: nil, liveness: liveness)
    }

    private func status(_ file: borrowing PickleFile) throws(PickleError) -> Int {
        switch field("last_checker_status", file) {
        case nil, .nothing: return -2
        case .number(let number) where (-2...255).contains(number): return Int(number)
        default: throw failure("last_checker_status", "a number from -2 to 255")
        }
    }

    // Each is nil if there is no such field, or if it has no value.

    private func truth(
        _ field: StaticString, _ file: borrowing PickleFile
    ) throws(PickleError) -> Bool? {
        switch self.field(field, file) {
        case nil, .nothing: return nil
        case .truth(let value): return value
        case .number(let number) where number == 0 || number == 1: return number == 1
        default: throw failure(field, "true or false")
        }
    }

    private func text(
        _ field: StaticString, _ file: borrowing PickleFile
    ) throws(PickleError) -> String? {
        switch self.field(field, file) {
        case nil, .nothing: return nil
        case let value?:
            guard let text = file.text(value) else { throw failure(field, "text") }
            return text
        }
    }

    private func time(
        _ field: StaticString, _ file: borrowing PickleFile
    ) throws(PickleError) -> WallTime? {
        switch self.field(field, file) {
        case nil, .nothing: return nil
        case .time(let time): return time
        default: throw failure(field, "a time")
        }
    }

    private func span(
        _ field: StaticString, _ file: borrowing PickleFile
    ) throws(PickleError) -> Duration? {
        switch self.field(field, file) {
        case nil, .nothing: return nil
        case .span(let span) where span >= .zero: return span
        default: throw failure(field, "a span of time")
        }
    }
}
