internal import CShims.SQLite

/// A call of SQLite that failed.
struct SQLiteError: Error {
    /// Extended result code.
    let code: CInt
    /// In the library's own words, and those of the system if it was to blame.
    let text: String

    /// Without the details: one of the codes of sqlite3.h that have a name of one word.
    var primaryCode: CInt { code & 0xFF }

    /// What is in the file makes no sense.
    var isDamage: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }
    var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    init(code: CInt, text: String) {
        self.code = code
        self.text = text
    }
}
