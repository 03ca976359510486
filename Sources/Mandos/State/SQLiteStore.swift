internal import CShims.Linux
internal import CShims.SQLite
internal import Reactor

/// State in a database of SQLite, with a rollback journal: what `save` has returned from is in the
/// database file itself, and survives the loss of the process and of power. A second file,
/// `revocations.log`, tells again who is revoked, and which save was the last.
///
/// From `load` on, until it is closed, no other server can have the directory, and no other process
/// can read or write the database while it is open.
package final class SQLiteStore: StateStore {
    /// - reading: writes to no file of the directory, whatever is found. Works beside a server.
    package enum Access { case reading, writing }

    /// The database, as it was last read or written here.
    enum LastSeen: Equatable {
        case missing
        /// Of a version that did not count its saves.
        case uncounted
        case save(SaveMark)
    }

    let files: StateFiles
    let schema: SQLiteSchema
    let access: Access
    let vfs: String?
    /// What is open, from `load` on. After an error nothing is.
    var database: SQLiteDatabase?
    var clients: SQLiteClients?
    /// nil if it has to be written anew.
    var revocationFile: RevocationFile?
    /// Written with each save, to know its own file from another that has taken its place.
    let writer = Int64.random(in: .min ... .max)
    /// Held while this server may write to the directory.
    var lock: StateLock?
    /// The latest save that is known of.
    var mark: SaveMark?
    var lastSeen = LastSeen.missing
    /// A save that was begun, and of which it is not known whether it is in the file.
    var attempted: SaveMark?
    var foreign = ForeignState()
    /// Revocations of foreign files that are not in those of this server yet.
    var adopted: [Revocation] = []
    /// Of all rows in the file, if it is in step.
    var rows = SetChecksum()
    /// Whether what is in the file is what this server has read from it or written to it.
    var isInStep = false
    var isDamaged = false
    var notes: [String] = []
    /// Whether the state that a server in Python has saved at this path has no clients.
    package var isEmptyPickle: (String) -> Bool = { _ in false }

    /// - Parameters:
    ///   - directory: made when it is first written to, unless it is there.
    ///   - vfs: name of the layer below SQLite; nil for the usual one.
    package convenience init(
        directory: String, access: Access = .writing, vfs: String? = nil
    ) {
        self.init(directory: directory, access: access, vfs: vfs, schema: .current)
    }

    init(
        directory: String, access: Access = .writing, vfs: String? = nil, schema: SQLiteSchema
    ) {
        files = StateFiles(directory: directory)
        self.access = access
        self.vfs = vfs
        self.schema = schema
    }

    package func close() {
        let isOpen = database != nil
        letGo()
        // Of a server that was killed, it would stay.
        if isOpen, (try? files.kind(of: files.journal)) == .file(bytes: 0) {
            try? files.remove(files.journal)
        }
        lock = nil
    }

    /// Before anything is read to go on from it, or is written.
    func takeLock() throws(StateError) {
        guard access == .writing, !(lock?.isHeld(of: files.directory) ?? false) else { return }
        lock = nil
        do throws(SystemError) {
            lock = try StateLock(files.directory)
        } catch {
            switch error.code {
            case EWOULDBLOCK: throw .inUse("\(files.directory): in use by another server")
            case ENOENT, ENOTDIR: return  // it will be made
            default:
                notes.append(
                    "\(files.directory): cannot be locked, so a second server would not be noticed: "
                        + error.text)
            }
        }
    }

    package func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    package func takeForeign() -> ForeignState {
        defer { foreign = ForeignState() }
        return foreign
    }

    func letGo() {
        clients = nil
        database = nil
    }

    /// - Parameter path: of a file that is there.
    func open(_ path: String) throws(SQLiteError) -> SQLiteDatabase {
        let database = try SQLiteDatabase(path, vfs: vfs)
        guard !database.isReadOnly else {
            throw SQLiteError(code: SQLITE_READONLY, text: "it is read-only")
        }
        try prepare(database)
        return database
    }

    func prepare(_ database: SQLiteDatabase) throws(SQLiteError) {
        // Before anything is read: then there is no shared memory for a log, and so no third file.
        try database.execute("PRAGMA locking_mode = EXCLUSIVE")
        try database.execute(
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; "
                + "PRAGMA cell_size_check = ON; PRAGMA cache_size = -1000")
    }
}
