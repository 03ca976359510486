internal import Reactor

/// The tables of clients: what is saved of a client as a row, and back.
struct SQLiteClients {
    private let clients: SQLiteTable
    private let liveness: SQLiteTable
    private let revocations: SQLiteRevocations

    private static let clientColumns = [
        "name", "conf_enabled", "conf_approved_by_default", "conf_host", "conf_checker",
        "conf_timeout", "conf_extended_timeout", "conf_interval", "conf_approval_delay",
        "conf_approval_duration", "removed", "enabled", "approved_by_default", "host", "checker",
        "timeout", "extended_timeout", "interval", "approval_delay", "approval_duration",
        "created", "last_enabled", "secret", "added", "key_id", "fingerprint", "conf_key_id",
        "conf_fingerprint", "absent",
    ]
    private static let livenessColumns = [
        "name", "saved", "expires", "last_checked_ok", "last_checker_status",
        "last_approval_request", "time_left", "graced",
    ]

    init(_ database: SQLiteDatabase) throws(SQLiteError) {
        clients = try SQLiteTable("client", Self.clientColumns, keyCount: 1, in: database)
        liveness = try SQLiteTable("liveness", Self.livenessColumns, keyCount: 1, in: database)
        revocations = try SQLiteRevocations(database)
    }

    /// - Parameter rows: of all rows that have to be there afterwards. Rows of liveness do not
    ///   count: each client that is there has one.
    func write(_ changes: StateChanges, _ rows: inout SetChecksum) throws(SQLiteError) {
        var uncounted = SetChecksum()
        for name in changes.dropped {
            try clients.drop(key: { $0.bind(1, name.text) }, &rows)
            try liveness.drop(key: { $0.bind(1, name.text) }, &uncounted)
        }
        for client in changes.clients {
            try put(client, &rows)
            try put(client.current?.liveness ?? Liveness(), of: client.name, changes.time)
        }
        for (name, liveness) in changes.liveness { try put(liveness, of: name, changes.time) }
        try revocations.write(changes, &rows)
    }

    private func put(
        _ client: SavedClient, _ rows: inout SetChecksum
    ) throws(SQLiteError) {
        try clients.put(
            key: { $0.bind(1, client.name.text) }, rest: { Self.bind(client, to: $0) }, &rows)
    }

    private static func bind(_ client: SavedClient, to row: SQLiteStatement) {
        let current = client.current
        row.bind(2, client.configured?.isEnabled)
        bind(client.configured ?? ClientValues(), to: row, from: 3)
        row.bind(11, current == nil)
        row.bind(12, current?.isEnabled ?? false)
        bind(current?.changed ?? ClientValues(), to: row, from: 13)
        row.bind(21, current?.created ?? WallTime(microseconds: 0))
        row.bind(22, current?.lastEnabled)
        row.bind(23, blob: current?.secret?.bytes)
        row.bind(24, current?.addedKey != nil)
        row.bind(25, blob: current?.addedKey?.keyID?.bytes)
        row.bind(26, current?.addedKey?.fingerprint?.text)
        row.bind(27, blob: client.configuredKey.map { $0.keyID?.bytes ?? [] })
        row.bind(28, client.configuredKey?.fingerprint?.text)
        row.bind(29, client.absent)
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
        _ values: Liveness, of name: ClientName, _ time: WallTime
    ) throws(SQLiteError) {
        var uncounted = SetChecksum()
        try liveness.put(
            key: { $0.bind(1, name.text) },
            rest: {
                $0.bind(2, time)
                $0.bind(3, values.expires)
                $0.bind(4, values.lastCheckedOK)
                $0.bind(5, Int64(values.lastCheckerStatus))
                $0.bind(6, values.lastApprovalRequest)
                $0.bind(7, values.timeLeft)
                $0.bind(8, values.isGraced)
            }, &uncounted)
    }
}

// Reading. A row is that of the table of clients, from column 0 on, and that of liveness.
extension SQLiteClients {
    private static let clientRange = 0..<CInt(clientColumns.count)
    private static let livenessRange =
        clientRange.upperBound + 1..<clientRange.upperBound + 1 + CInt(livenessColumns.count)

    private static let selection =
        "SELECT \(SQLiteTable.selection("client", clientColumns)), "
        + SQLiteTable.selection("liveness", livenessColumns)
        + " FROM client LEFT JOIN liveness ON liveness.name = client.name"

    /// - Parameter check: takes note of rows that are not as they were written. They are left out.
    static func readAll(
        _ database: SQLiteDatabase, _ check: inout SQLiteRowCheck
    ) throws(SQLiteError) -> SavedState {
        var state = SavedState()
        let rows = try database.prepare(selection)
        while try rows.step() { take(rows, into: &state, &check) }
        state.revocations = try SQLiteRevocations.readAll(database, &check)
        return state
    }

    /// As much of it as can be read, for a database that is damaged. Reading in order ends at the
    /// first damaged page, so it is done from both ends, and for each name that is known.
    static func readRemains(
        _ database: SQLiteDatabase, of names: [ClientName], _ check: inout SQLiteRowCheck
    ) -> SavedState {
        var state = SavedState()
        var found: Set<ClientName> = []
        for table in ["client", "liveness"] {
            for order in ["ASC", "DESC"] { found.formUnion(readNames(database, table, order)) }
        }
        if let rows = try? database.prepare(selection + " WHERE client.name = ?") {
            for name in found.union(names) {
                rows.bind(1, name.text)
                if let isThere = try? rows.step(), isThere { take(rows, into: &state, &check) }
                rows.reset()
            }
        }
        state.lost.formUnion(found.subtracting(state.clients.keys))
        state.revocations = SQLiteRevocations.readRemains(database, &check)
        return state
    }

    private static func readNames(
        _ database: SQLiteDatabase, _ table: String, _ order: String
    ) -> [ClientName] {
        var names: [ClientName] = []
        guard let rows = try? database.prepare("SELECT name FROM \(table) ORDER BY name \(order)")
        else { return names }
        while let isThere = try? rows.step(), isThere {
            if let name = rows.text(0) { names.append(ClientName(name)) }
        }
        return names
    }

    private static func take(
        _ row: SQLiteStatement, into state: inout SavedState, _ check: inout SQLiteRowCheck
    ) {
        guard let name = row.text(0).map({ ClientName($0) }) else { return }
        guard check.accepts(row, columns: clientRange),
            check.accepts(row, columns: livenessRange, isCounted: false)
        else {
            state.lost.insert(name)
            return
        }
        var configured = values(row, from: 2)
        configured.isEnabled = row.truth(1)
        state.clients[name] = SavedClient(
            name: name, configured: isConfigured(row) ? configured : nil,
            configuredKey: row.blob(26).map { key($0, row.text(27)) },
            current: row.truth(10) == false ? current(row) : nil, absent: row.span(28))
        let first = livenessRange.lowerBound
        guard let saved = row.time(first + 1) else { return }
        state.newest = max(state.newest ?? saved, saved)
        if row.time(first + 2) != nil, row.span(first + 6) == nil { state.times[name] = saved }
    }

    private static func current(_ row: SQLiteStatement) -> SavedClient.Current {
        SavedClient.Current(
            isEnabled: row.truth(11) ?? false, changed: values(row, from: 12),
            created: row.time(20) ?? WallTime(microseconds: 0), lastEnabled: row.time(21),
            secret: row.blob(22).map { SealedBytes(saved: $0) }, liveness: liveness(row),
            addedKey: row.truth(23) == true ? key(row.blob(24) ?? [], row.text(25)) : nil)
    }

    private static func liveness(_ row: SQLiteStatement) -> Liveness {
        let first = livenessRange.lowerBound
        var liveness = Liveness()
        liveness.expires = row.time(first + 2)
        liveness.lastCheckedOK = row.time(first + 3)
        liveness.lastCheckerStatus = Int(row.number(first + 4) ?? -2)
        liveness.lastApprovalRequest = row.time(first + 5)
        liveness.timeLeft = row.span(first + 6)
        liveness.isGraced = row.truth(first + 7) ?? false
        return liveness
    }

    /// A client that was added and never was in clients.conf has none of its columns.
    private static func isConfigured(_ row: SQLiteStatement) -> Bool {
        row.truth(23) != true || row.blob(26) != nil
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
