internal import Reactor

/// The table of revocations: each a row, and back.
struct SQLiteRevocations {
    private let table: SQLiteTable

    private static let columns = [
        "name", "key_id", "fingerprint", "began", "reason", "author", "absent",
    ]

    init(_ database: SQLiteDatabase) throws(SQLiteError) {
        table = try SQLiteTable("revocation", Self.columns, keyCount: 3, in: database)
    }

    /// The ended ones first: one of them may have begun again.
    ///
    /// - Parameter rows: of all rows that have to be there afterwards.
    func write(_ changes: StateChanges, _ rows: inout SetChecksum) throws(SQLiteError) {
        for identity in changes.endedRevocations {
            try table.drop(key: { Self.bind(identity, to: $0) }, &rows)
        }
        for revocation in changes.revocations {
            try table.put(
                key: { Self.bind(revocation.identity, to: $0) },
                rest: {
                    $0.bind(4, revocation.when)
                    $0.bind(5, Int64(revocation.reason.rawValue))
                    $0.bind(6, revocation.by)
                    $0.bind(7, revocation.absent)
                }, &rows)
        }
    }

    private static func bind(_ identity: Revocation.Identity, to row: SQLiteStatement) {
        row.bind(1, identity.name.text)
        row.bind(2, blob: identity.key.keyID?.bytes ?? [])
        row.bind(3, identity.key.fingerprint?.text ?? "")
    }
}

// Reading.
extension SQLiteRevocations {
    private static let text =
        "SELECT \(SQLiteTable.selection("revocation", columns)) FROM revocation"

    static func readAll(
        _ database: SQLiteDatabase, _ check: inout SQLiteRowCheck
    ) throws(SQLiteError) -> [Revocation] {
        var revocations: [Revocation] = []
        let rows = try database.prepare(text)
        while try rows.step() {
            guard check.accepts(rows, columns: 0..<7), let revocation = revocation(rows) else {
                continue
            }
            revocations.append(revocation)
        }
        return revocations
    }

    /// As many as can be read, for a database that is damaged.
    static func readRemains(
        _ database: SQLiteDatabase, _ check: inout SQLiteRowCheck
    ) -> [Revocation] {
        var revocations: [Revocation] = []
        guard let rows = try? database.prepare(text) else { return revocations }
        while let isThere = try? rows.step(), isThere {
            guard check.accepts(rows, columns: 0..<7), let revocation = revocation(rows) else {
                continue
            }
            revocations.append(revocation)
        }
        return revocations
    }

    /// A reason that is not known, as of a later version, still revokes.
    private static func revocation(_ row: SQLiteStatement) -> Revocation? {
        guard let name = row.text(0), let keyID = row.blob(1), let fingerprint = row.text(2)
        else { return nil }
        return Revocation(
            name: ClientName(name), keyID: KeyID(bytes: keyID.span),
            fingerprint: fingerprint.isEmpty ? nil : Fingerprint(fingerprint),
            when: row.time(3) ?? WallTime(microseconds: 0),
            reason: row.number(4).flatMap { Revocation.Reason(rawValue: Int($0)) } ?? .disabled,
            by: row.text(5) ?? "", absent: row.span(6))
    }
}
