internal import CShims.SQLite
internal import Reactor

/// One prepared statement. Parameters count from 1, columns from 0. Keeps its database open.
@safe final class SQLiteStatement {
    private let handle: OpaquePointer
    private let database: SQLiteDatabase
    /// The checksum of the parameters.
    private(set) var bound = SetChecksum()

    init(adopting handle: OpaquePointer, of database: SQLiteDatabase) {
        unsafe self.handle = handle
        self.database = database
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// - Returns: whether there is a row.
    func step() throws(SQLiteError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw database.error(code)
        }
    }

    /// Runs it to its end, and makes it ready for other parameters.
    func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
        bound = SetChecksum()
    }

    // Binding can fail for lack of memory only, which is met with again at the first step, where a
    // parameter that is missing is NULL and so refused by the schema.

    func bind(_ index: CInt, _ value: Int64?) {
        guard let value else { return }
        unsafe sqlite3_bind_int64(handle, index, value)
        bound.add(column: index, value)
    }

    func bind(_ index: CInt, _ value: Bool?) { bind(index, value.map { $0 ? 1 : 0 }) }
    func bind(_ index: CInt, _ value: WallTime?) { bind(index, value?.microseconds) }

    func bind(_ index: CInt, _ value: Duration?) { bind(index, value.map { $0.milliseconds }) }

    func bind(_ index: CInt, _ value: String?) {
        guard var value else { return }
        value.withUTF8 { bytes in
            unsafe bound.add(column: index, type: "t", UnsafeRawBufferPointer(bytes))
            _ = unsafe bytes.withMemoryRebound(to: CChar.self) {
                unsafe cshim_sqlite_bind_text(handle, index, $0.baseAddress, $0.count)
            }
        }
    }

    func bind(_ index: CInt, blob: [UInt8]?) {
        guard let blob else { return }
        _ = unsafe blob.withUnsafeBytes {
            unsafe bound.add(column: index, type: "b", $0)
            return unsafe cshim_sqlite_bind_blob(handle, index, $0.baseAddress, $0.count)
        }
    }

    /// The checksum of columns: that of the parameters, counted from 1, that they were.
    func checksum(of columns: Range<CInt>) -> SetChecksum {
        var sum = SetChecksum()
        for column in columns {
            let parameter = column - columns.lowerBound + 1
            switch unsafe sqlite3_column_type(handle, column) {
            case SQLITE_NULL: continue
            case SQLITE_INTEGER:
                sum.add(column: parameter, unsafe sqlite3_column_int64(handle, column))
            case SQLITE_TEXT:
                let start = unsafe UnsafeRawPointer(sqlite3_column_text(handle, column))
                unsafe sum.add(column: parameter, type: "t", bytes(start, of: column))
            default:  // none is of another type, unless it is damaged
                let start = unsafe sqlite3_column_blob(handle, column)
                unsafe sum.add(column: parameter, type: "b", bytes(start, of: column))
            }
        }
        return sum
    }

    private func bytes(_ start: UnsafeRawPointer?, of column: CInt) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    func number(_ column: CInt) -> Int64? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_INTEGER else { return nil }
        return unsafe sqlite3_column_int64(handle, column)
    }

    func truth(_ column: CInt) -> Bool? { number(column).map { $0 != 0 } }
    func time(_ column: CInt) -> WallTime? { number(column).map { WallTime(microseconds: $0) } }
    func span(_ column: CInt) -> Duration? { number(column).map { .milliseconds($0) } }

    func text(_ column: CInt) -> String? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_TEXT,
            let start = unsafe sqlite3_column_text(handle, column)
        else { return nil }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe String(
            decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func blob(_ column: CInt) -> [UInt8]? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_BLOB else { return nil }
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}

extension Duration {
    /// Rounded toward zero. The spans of a client, which all come in milliseconds or more, fit.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, tooFar) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return tooFar ? (seconds < 0 ? .min : .max) : sum
    }
}
