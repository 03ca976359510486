internal import Reactor

/// The table of revocations: each a row, and back.
struct SQLiteRevocations {
    private let put: SQLiteStatement
    private let drop: SQLiteStatement

    init(_ database: SQLiteDatabase) throws(SQLiteError) {
        put = try database.prepare(
            "INSERT OR REPLACE INTO revocation VALUES (?, ?, ?, ?, ?, ?, ?)", isKept: true)
        drop = try database.prepare(
            "DELETE FROM revocation WHERE name = ? AND key_id = ? AND fingerprint = ?",
            isKept: true)
    }

    /// What has ended first: it may have begun again.
    func write(_ changes: StateChanges) throws(SQLiteError) {
        for identity in changes.endedRevocations {
            bind(identity, to: drop)
            try drop.run()
        }
        for revocation in changes.revocations {
            bind(revocation.identity, to: put)
            put.bind(4, revocation.when)
            put.bind(5, Int64(revocation.reason.rawValue))
            put.bind(6, revocation.by)
            put.bind(7, revocation.absent)
            try put.run()
        }
    }

    private func bind(_ identity: Revocation.Identity, to row: SQLiteStatement) {
        row.bind(1, identity.name.text)
        row.bind(2, blob: identity.key.keyID?.bytes ?? [])
        row.bind(3, identity.key.fingerprint?.text ?? "")
    }
}

// Reading.
extension SQLiteRevocations {
    private static let text =
        "SELECT name, key_id, fingerprint, began, reason, author, absent FROM revocation"

    static func readAll(_ database: SQLiteDatabase) throws(SQLiteError) -> [Revocation] {
        var revocations: [Revocation] = []
        let rows = try database.prepare(text)
        while try rows.step() {
            if let revocation = revocation(rows) { revocations.append(revocation) }
        }
        return revocations
    }

    /// As many as can be read, for a database that is damaged.
    static func readRemains(_ database: SQLiteDatabase) -> [Revocation] {
        var revocations: [Revocation] = []
        guard let rows = try? database.prepare(text) else { return revocations }
        while let isThere = try? rows.step(), isThere {
            if let revocation = revocation(rows) { revocations.append(revocation) }
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
