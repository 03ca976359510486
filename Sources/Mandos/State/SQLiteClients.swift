internal import Reactor

/// The tables of clients: what is saved of a client as a row, and back.
struct SQLiteClients {
    private let putClient: SQLiteStatement
    private let putLiveness: SQLiteStatement
    private let dropClient: SQLiteStatement
    private let dropLiveness: SQLiteStatement
    private let revocations: SQLiteRevocations

    init(_ database: SQLiteDatabase) throws(SQLiteError) {
        putClient = try database.prepare(Self.putClientText, isKept: true)
        putLiveness = try database.prepare(
            "INSERT OR REPLACE INTO liveness VALUES (?, ?, ?, ?, ?, ?, ?, ?)", isKept: true)
        dropClient = try database.prepare("DELETE FROM client WHERE name = ?", isKept: true)
        dropLiveness = try database.prepare("DELETE FROM liveness WHERE name = ?", isKept: true)
        revocations = try SQLiteRevocations(database)
    }

    private static let putClientText =
        "INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        + "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

    func write(_ changes: StateChanges) throws(SQLiteError) {
        for name in changes.dropped {
            dropClient.bind(1, name.text)
            try dropClient.run()
            dropLiveness.bind(1, name.text)
            try dropLiveness.run()
        }
        for client in changes.clients {
            try put(client)
            try put(client.current?.liveness ?? Liveness(), of: client.name, changes.time)
        }
        for (name, liveness) in changes.liveness { try put(liveness, of: name, changes.time) }
        try revocations.write(changes)
    }

    private func put(_ client: SavedClient) throws(SQLiteError) {
        let row = putClient
        let changed = client.current?.changed ?? ClientValues()
        row.bind(1, client.name.text)
        row.bind(2, client.configured?.isEnabled)
        Self.bind(client.configured ?? ClientValues(), to: row, from: 3)
        row.bind(11, client.current == nil)
        row.bind(12, client.current?.isEnabled ?? false)
        Self.bind(changed, to: row, from: 13)
        row.bind(21, client.current?.created ?? WallTime(microseconds: 0))
        row.bind(22, client.current?.lastEnabled)
        row.bind(23, blob: client.current?.secret?.bytes)
        let added = client.current?.addedKey
        row.bind(24, added != nil)
        row.bind(25, blob: added?.keyID?.bytes)
        row.bind(26, added?.fingerprint?.text)
        row.bind(27, blob: client.configuredKey.map { $0.keyID?.bytes ?? [] })
        row.bind(28, client.configuredKey?.fingerprint?.text)
        row.bind(29, client.absent)
        try row.run()
    }

    private static func bind(_ values: ClientValues, to row: SQLiteStatement, from first: CInt) {
        row.bind(first, values.isApprovedByDefault)
        row.bind(first + 1, values.host)
        row.bind(first + 2, values.checker)
        row.bind(first + 3, values.timeout)
        row.bind(first + 4, values.extendedTimeout)
        row.bind(first + 5, values.interval)
        row.bind(first + 6, values.approvalDelay)
        row.bind(first + 7, values.approvalDuration)
    }

    private func put(
        _ liveness: Liveness, of name: ClientName, _ time: WallTime
    ) throws(SQLiteError) {
        let row = putLiveness
        row.bind(1, name.text)
        row.bind(2, time)
        row.bind(3, liveness.expires)
        row.bind(4, liveness.lastCheckedOK)
        row.bind(5, Int64(liveness.lastCheckerStatus))
        row.bind(6, liveness.lastApprovalRequest)
        row.bind(7, liveness.timeLeft)
        row.bind(8, liveness.isGraced)
        try row.run()
    }
}

// Reading.
extension SQLiteClients {
    private static let columns = """
        SELECT client.name, conf_enabled, conf_approved_by_default, conf_host, conf_checker,
            conf_timeout, conf_extended_timeout, conf_interval, conf_approval_delay,
            conf_approval_duration, removed, enabled, approved_by_default, host, checker, timeout,
            extended_timeout, interval, approval_delay, approval_duration, created, last_enabled,
            secret, saved, expires, last_checked_ok, last_checker_status, last_approval_request,
            added, key_id, client.fingerprint, conf_key_id, conf_fingerprint, client.absent,
            time_left, graced
        FROM client LEFT JOIN liveness ON liveness.name = client.name
        """

    static func readAll(_ database: SQLiteDatabase) throws(SQLiteError) -> SavedState {
        var state = SavedState()
        let rows = try database.prepare(columns)
        while try rows.step() { take(rows, into: &state) }
        state.revocations = try SQLiteRevocations.readAll(database)
        return state
    }

    /// As much of it as can be read, for a database that is damaged.
    static func readRemains(
        _ database: SQLiteDatabase, of names: [ClientName]
    ) -> SavedState {
        var state = SavedState()
        guard let rows = try? database.prepare(columns + " WHERE client.name = ?") else {
            return state
        }
        for name in names {
            rows.bind(1, name.text)
            if let isThere = try? rows.step(), isThere { take(rows, into: &state) }
            rows.reset()
        }
        state.revocations = SQLiteRevocations.readRemains(database)
        return state
    }

    private static func take(_ row: SQLiteStatement, into state: inout SavedState) {
        guard let text = row.text(0) else { return }
        let name = ClientName(text)
        var configured = values(row, from: 2)
        configured.isEnabled = row.truth(1)
        state.clients[name] = SavedClient(
            name: name, configured: isConfigured(row) ? configured : nil,
            configuredKey: row.blob(31).map { key($0, row.text(32)) },
            current: row.truth(10) == false ? current(row) : nil, absent: row.span(33))
        guard let saved = row.time(23) else { return }
        state.newest = max(state.newest ?? saved, saved)
        if row.time(24) != nil, row.span(34) == nil { state.times[name] = saved }
    }

    private static func current(_ row: SQLiteStatement) -> SavedClient.Current {
        var liveness = Liveness()
        liveness.expires = row.time(24)
        liveness.lastCheckedOK = row.time(25)
        liveness.lastCheckerStatus = Int(row.number(26) ?? -2)
        liveness.lastApprovalRequest = row.time(27)
        liveness.timeLeft = row.span(34)
        liveness.isGraced = row.truth(35) ?? false
        return SavedClient.Current(
            isEnabled: row.truth(11) ?? false, changed: values(row, from: 12),
            created: row.time(20) ?? WallTime(microseconds: 0), lastEnabled: row.time(21),
            secret: row.blob(22).map { SealedBytes(saved: $0) }, liveness: liveness,
            addedKey: row.truth(28) == true ? key(row.blob(29) ?? [], row.text(30)) : nil)
    }

    /// A client that was added and never was in clients.conf has none of its columns.
    private static func isConfigured(_ row: SQLiteStatement) -> Bool {
        row.truth(28) != true || row.blob(31) != nil
    }

    private static func key(_ keyID: [UInt8], _ fingerprint: String?) -> ClientKey {
        ClientKey(
            keyID: KeyID(bytes: keyID.span), fingerprint: fingerprint.map { Fingerprint($0) })
    }

    private static func values(_ row: SQLiteStatement, from first: CInt) -> ClientValues {
        var values = ClientValues()
        values.isApprovedByDefault = row.truth(first)
        values.host = row.text(first + 1)
        values.checker = row.text(first + 2)
        values.timeout = row.span(first + 3)
        values.extendedTimeout = row.span(first + 4)
        values.interval = row.span(first + 5)
        values.approvalDelay = row.span(first + 6)
        values.approvalDuration = row.span(first + 7)
        return values
    }
}
