/// A table of which every row carries its checksum, in a last column `checksum`, so that one that is
/// damaged or lost is noticed.
struct SQLiteTable {
    private let put: SQLiteStatement
    private let drop: SQLiteStatement
    private let find: SQLiteStatement
    private let checksumIndex: CInt

    /// - Parameters:
    ///   - columns: all but the checksum. Parameters count from 1 in this order.
    ///   - keyCount: so many of them, from the first on, tell a row from the others.
    init(
        _ name: String, _ columns: [String], keyCount: Int, in database: SQLiteDatabase
    ) throws(SQLiteError) {
        let marks = [String](repeating: "?", count: columns.count + 1).joined(separator: ", ")
        let key = columns[..<keyCount].map { $0 + " = ?" }.joined(separator: " AND ")
        let names = columns.joined(separator: ", ")
        put = try database.prepare(
            "INSERT OR REPLACE INTO \(name) (\(names), checksum) VALUES (\(marks))", isKept: true)
        drop = try database.prepare("DELETE FROM \(name) WHERE \(key)", isKept: true)
        find = try database.prepare("SELECT checksum FROM \(name) WHERE \(key)", isKept: true)
        checksumIndex = CInt(columns.count) + 1
    }

    /// Writes a row, in place of one with the same key.
    ///
    /// - Parameter rows: of all rows that have to be there.
    func put(
        key: (SQLiteStatement) -> Void, rest: (SQLiteStatement) -> Void,
        _ rows: inout SetChecksum
    ) throws(SQLiteError) {
        try forget(key, &rows)
        key(put)
        rest(put)
        let checksum = put.bound.saved
        put.bind(checksumIndex, checksum)
        try put.run()
        rows.add(UInt64(bitPattern: checksum))
    }

    /// No error if there is none.
    func drop(key: (SQLiteStatement) -> Void, _ rows: inout SetChecksum) throws(SQLiteError) {
        try forget(key, &rows)
        key(drop)
        try drop.run()
    }

    private func forget(
        _ key: (SQLiteStatement) -> Void, _ rows: inout SetChecksum
    ) throws(SQLiteError) {
        defer { find.reset() }
        key(find)
        if try find.step(), let checksum = find.number(0) {
            rows.remove(UInt64(bitPattern: checksum))
        }
    }

    /// All columns of a table, in their order, and the checksum after them; for SELECT.
    static func selection(_ name: String, _ columns: [String]) -> String {
        (columns + ["checksum"]).map { "\(name).\($0)" }.joined(separator: ", ")
    }
}

/// Findings while rows are read.
struct SQLiteRowCheck {
    /// Whether the file is of a version whose rows have checksums.
    let isNeeded: Bool
    /// Of the rows that were read.
    private(set) var rows = SetChecksum()
    private(set) var damagedCount = 0

    init(isNeeded: Bool) { self.isNeeded = isNeeded }

    /// - Parameters:
    ///   - columns: of a table, behind which there is its checksum.
    ///   - isCounted: whether it matters that no such row is missing.
    /// - Returns: whether the row is as it was written.
    mutating func accepts(
        _ row: SQLiteStatement, columns: Range<CInt>, isCounted: Bool = true
    ) -> Bool {
        guard isNeeded else { return true }
        let checksum = row.checksum(of: columns).saved
        guard row.number(columns.upperBound) == checksum else {
            damagedCount += 1
            return false
        }
        if isCounted { rows.add(UInt64(bitPattern: checksum)) }
        return true
    }
}
