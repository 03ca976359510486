internal import CShims.Linux
internal import CShims.SQLite

/// One open database. With the other files that start with SQLite, the only Swift that says
/// `sqlite3_`.
@safe final class SQLiteDatabase {
    private let handle: OpaquePointer

    /// How long to wait, when opening, for another process that is about to end.
    private static let patienceMilliseconds: CInt = 1000

    /// - Parameters:
    ///   - path: of a file that is there, or “:memory:”.
    ///   - vfs: of the layer below; nil for the usual one.
    init(_ path: String, vfs: String? = nil) throws(SQLiteError) {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var opened: OpaquePointer?
        let code = unsafe Self.withOptionalCString(vfs) {
            unsafe sqlite3_open_v2(path, &opened, flags, $0)
        }
        guard let opened = unsafe opened else {
            throw SQLiteError(code: code, text: "out of memory")
        }
        unsafe handle = opened
        guard code == SQLITE_OK else { throw error(code) }  // deinit closes it
        unsafe cshim_sqlite_distrust(handle)
        unsafe cshim_sqlite_keep_log(handle, 1)
        unsafe sqlite3_busy_timeout(handle, Self.patienceMilliseconds)
    }

    /// In memory.
    ///
    /// - Parameter image: the bytes of a database file, which is no part of it from then on.
    convenience init(image: [UInt8]) throws(SQLiteError) {
        try self.init(":memory:")
        let size = sqlite3_int64(image.count)
        guard let bytes = unsafe sqlite3_malloc64(sqlite3_uint64(size)) else {
            throw SQLiteError(code: SQLITE_NOMEM, text: "out of memory")
        }
        unsafe image.withUnsafeBytes {
            unsafe bytes.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        let ownership = CUnsignedInt(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE)
        let result = unsafe sqlite3_deserialize(
            handle, "main", bytes.assumingMemoryBound(to: UInt8.self), size, size, ownership)
        guard result == SQLITE_OK else { throw error(result) }
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws(SQLiteError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// - Parameter isKept: whether it will be used many times.
    func prepare(_ sql: String, isKept: Bool = false) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let flags = isKept ? CUnsignedInt(SQLITE_PREPARE_PERSISTENT) : 0
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw error(code) }
        return unsafe SQLiteStatement(adopting: statement, of: self)
    }

    /// The first number of the first row; 0 if there is none.
    func number(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.number(0) ?? 0 : 0
    }

    /// Does all of `body` or, if it throws, nothing.
    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            try body()
            try execute("COMMIT")
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// What is wrong with its structure. nil if nothing is.
    func check() throws(SQLiteError) -> String? {
        let report = try prepare("PRAGMA quick_check(1)")
        guard try report.step(), let text = report.text(0) else { return "it cannot be checked" }
        return text == "ok" ? nil : text
    }

    /// Moves all that is in the log into the file, and empties the log.
    func checkpoint() throws(SQLiteError) {
        let code = unsafe sqlite3_wal_checkpoint_v2(
            handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// Lets the log be moved into the file, and removed, when this is closed.
    func tidyWhenClosed() { unsafe cshim_sqlite_keep_log(handle, 0) }

    /// Whether the file is not at its path any more.
    var hasMoved: Bool {
        var hasMoved: CInt = 0
        let code = unsafe sqlite3_file_control(handle, nil, SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        return code != SQLITE_OK || hasMoved != 0
    }

    var isReadOnly: Bool { unsafe sqlite3_db_readonly(handle, nil) != 0 }

    /// Gives back memory that is only there for speed.
    func releaseMemory() { unsafe sqlite3_db_release_memory(handle) }

    func error(_ code: CInt) -> SQLiteError {
        var text = unsafe String(cString: sqlite3_errmsg(handle))
        let system = unsafe sqlite3_system_errno(handle)
        let primary = code & 0xFF
        if system != 0, primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN {
            text += ": "
            unsafe text += String(cString: cshim_error_text(system))
        }
        return SQLiteError(code: code, text: text)
    }

    private static func withOptionalCString<Result>(
        _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return unsafe text.withCString { unsafe body($0) }
    }
}
