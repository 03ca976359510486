internal import Reactor

/// The one row of the table `save`: which save the file is of, and what has to be in the file.
struct SQLiteSave {
    private(set) var mark: SaveMark
    /// The checksum of all rows of clients and revocations.
    private(set) var rows: SetChecksum
    /// The writer: a number that a server makes up when it starts.
    private(set) var writer: Int64

    private static let columns = ["id", "origin", "number", "time", "rows", "tables", "writer"]

    init(_ mark: SaveMark, rows: SetChecksum, writer: Int64) {
        self.mark = mark
        self.rows = rows
        self.writer = writer
    }

    func write(to database: SQLiteDatabase) throws(SQLiteError) {
        let table = try SQLiteTable("save", Self.columns, keyCount: 1, in: database)
        let tables = try Self.checksumOfTables(database)
        var ignored = SetChecksum()
        try table.put(
            key: { $0.bind(1, Int64(1)) },
            rest: {
                $0.bind(2, Int64(bitPattern: mark.origin))
                $0.bind(3, mark.number)
                $0.bind(4, mark.time)
                $0.bind(5, rows.saved)
                $0.bind(6, tables.saved)
                $0.bind(7, writer)
            }, &ignored)
    }

    /// nil if there is none, or it is damaged.
    init?(_ database: SQLiteDatabase) throws(SQLiteError) {
        let row = try database.prepare(
            "SELECT \(SQLiteTable.selection("save", Self.columns)) FROM save")
        var check = SQLiteRowCheck(isNeeded: true)
        guard try row.step(), check.accepts(row, columns: 0..<7),
            let origin = row.number(1), let number = row.number(2), let time = row.time(3),
            let rows = row.number(4), let tables = row.number(5), let writer = row.number(6),
            tables == (try Self.checksumOfTables(database)).saved
        else { return nil }
        mark = SaveMark(origin: UInt64(bitPattern: origin), number: number, time: time)
        self.rows = SetChecksum(saved: rows)
        self.writer = writer
    }

    /// Of the definitions of all tables: a changed one gives other values to the same bytes.
    private static func checksumOfTables(
        _ database: SQLiteDatabase
    ) throws(SQLiteError) -> SetChecksum {
        var tables = SetChecksum()
        let rows = try database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")
        while try rows.step() {
            tables.add(rows.checksum(of: 0..<4).value)
        }
        return tables
    }
}
