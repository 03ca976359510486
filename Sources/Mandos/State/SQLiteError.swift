internal import CShims.SQLite

/// A call of SQLite that failed.
struct SQLiteError: Error {
    /// Extended result code.
    let code: CInt
    /// In the library's own words, and those of the system if it was to blame.
    let text: String

    /// Without the details: one of the codes of sqlite3.h that have a name of one word.
    var primaryCode: CInt { code & 0xFF }

    /// The contents of the file make no sense. While it is read, that includes what would otherwise be a
    /// mistake in a statement: a table or column that is not there.
    var isDamage: Bool {
        switch primaryCode {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_FORMAT, SQLITE_MISMATCH,
            SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_SCHEMA:
            true
        default: code == 2 << 8 | SQLITE_IOERR  // SQLITE_IOERR_SHORT_READ
        }
    }
    var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    init(code: CInt, text: String) {
        self.code = code
        self.text = text
    }
}
