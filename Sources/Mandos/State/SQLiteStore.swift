internal import CShims.SQLite
internal import Reactor

/// State in a database of SQLite, with a write-ahead log: what `save` has returned from survives
/// the loss of the process and of power.
///
/// As long as it is open, no other process can read or write the file.
package final class SQLiteStore: StateStore {
    let files: StateFiles
    let schema: SQLiteSchema
    private let vfs: String?
    /// What is open, from `load` on. After an error nothing is.
    private var database: SQLiteDatabase?
    private var clients: SQLiteClients?
    /// Written with the first that this server writes, to know its own file from another that has
    /// taken its place.
    private let token = Int64.random(in: .min ... .max)
    private var hasSigned = false
    /// Whether what is in the file is what this server has read from it or written to it.
    private var isInStep = false
    private var isDamaged = false
    private var notes: [String] = []
    /// Whether what a server in Python has saved at this path has nobody in it.
    package var isEmptyPickle: (String) -> Bool = { _ in false }

    /// Clients saved in one go without giving back the pages that were read and written for them.
    private static let rowsCached = 64

    /// - Parameters:
    ///   - directory: made when it is first written to, unless it is there.
    ///   - vfs: name of the layer below SQLite; nil for the usual one.
    package convenience init(directory: String, vfs: String? = nil) {
        self.init(directory: directory, vfs: vfs, schema: .current)
    }

    init(directory: String, vfs: String? = nil, schema: SQLiteSchema) {
        files = StateFiles(directory: directory)
        self.vfs = vfs
        self.schema = schema
    }

    package func close() {
        database?.tidyWhenClosed()
        letGo()
    }

    package func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    private func letGo() {
        clients = nil
        database = nil
    }

    /// - Parameter path: of a file that is there.
    private func open(_ path: String) throws(SQLiteError) -> SQLiteDatabase {
        let database = try SQLiteDatabase(path, vfs: vfs)
        guard !database.isReadOnly else {
            throw SQLiteError(code: SQLITE_READONLY, text: "it is read-only")
        }
        // Before anything is read: then there is no shared memory for the log, and so no third file.
        try database.execute("PRAGMA locking_mode = EXCLUSIVE")
        try database.execute(
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; "
                + "PRAGMA cell_size_check = ON; PRAGMA cache_size = -1000")
        return database
    }
}

// Reading.
extension SQLiteStore {
    private enum Contents {
        case state(SavedState)
        case newer(version: Int64)
        case damage(String)
    }

    package func load(searching names: [ClientName]) throws(StateError) -> SavedState? {
        if files.isWritableByOthers {
            notes.append(
                "\(files.directory): others may write to it, and so undo what was saved there")
        }
        switch try look() {
        case .nothing:
            try checkPickle()
            return nil
        case .remains(let damage): return damaged(damage, SavedState())
        case .database(let isMarked):
            switch try contents() {
            case .state(let state):
                return isMarked ? damaged("a repair of it was not completed", state) : state
            case .damage(let text):
                return damaged(text, remains(of: names))
            case .newer(let version):
                letGo()
                throw .newer(
                    "\(files.database): of version \(version), but this program knows none later "
                        + "than \(schema.version)")
            }
        }
    }

    /// Of whoever was disabled or removed there, nobody would know.
    private func checkPickle() throws(StateError) {
        let kind: StateFiles.Kind
        do throws(SystemError) {
            kind = try files.kind(of: files.pickle)
        } catch {
            throw .unreadable("\(files.pickle): \(error.reason)")
        }
        switch kind {
        case .missing, .file(bytes: 0): return
        case .file, .other:
            guard !isEmptyPickle(files.pickle) else { return }
            throw .notImported(files.pickle)
        }
    }

    private enum Finding {
        case nothing
        case database(isMarked: Bool)
        /// There was one.
        case remains(damage: String)
    }

    private func look() throws(StateError) -> Finding {
        let database: StateFiles.Kind
        let log: StateFiles.Kind
        let mark: StateFiles.Kind
        do throws(SystemError) {
            database = try files.kind(of: files.database)
            log = try files.kind(of: files.log)
            mark = try files.kind(of: files.damageMark)
        } catch {
            throw .unreadable("\(files.database): \(error.reason)")
        }
        switch (database, log) {
        case (.other, _): throw .unreadable("\(files.database): not a regular file")
        case (.file(bytes: 0), _): return .remains(damage: "it is empty")
        case (.file, _): return .database(isMarked: mark != .missing)
        case (.missing, _) where mark != .missing:
            return .remains(damage: "a repair of it was not completed")
        case (.missing, .missing), (.missing, .file(bytes: 0)): return .nothing
        case (.missing, _): return .remains(damage: "it is missing, but its log is there")
        }
    }

    private func contents() throws(StateError) -> Contents {
        do throws(SQLiteError) {
            let database = try open(files.database)
            let contents = try read(database)
            self.database = database
            isInStep = true
            return contents
        } catch {
            if error.isBusy { throw .inUse("\(files.database): in use by another process") }
            if error.isDamage { return .damage(error.text) }
            return try contentsOfCopy(because: error.text)
        }
    }

    /// SQLite cannot read a log without writing, but then neither can anybody else write to it.
    private func contentsOfCopy(because reason: String) throws(StateError) -> Contents {
        let failure: String
        do throws(SystemError) {
            let copy = try StateCopy.make(of: files)
            do throws(SQLiteError) {
                let database = try open(copy.files.database)
                let contents = try read(database)
                notes.append("\(files.database): read, but it cannot be written to: \(reason)")
                return contents
            } catch {
                if error.isDamage { return .damage(error.text) }
                failure = error.text
            }
        } catch {
            failure = error.text
        }
        throw .unreadable("\(files.database): \(reason); of a copy: \(failure)")
    }

    private func read(_ database: SQLiteDatabase) throws(SQLiteError) -> Contents {
        switch try schema.state(of: database) {
        case .current: break
        case .newer(let version): return .newer(version: version)
        case .foreign: return .damage("it is not a file of this program")
        case .older(let version):
            try database.transaction { () throws(SQLiteError) in
                try schema.migrate(database, from: version)
            }
        }
        if let problem = try database.check() { return .damage(problem) }
        let state = try SQLiteClients.readAll(database)
        database.releaseMemory()
        return .state(state)
    }

    /// From now on, until there is a new one, the database is known to be damaged, also to a server
    /// that is started later.
    private func damaged(_ damage: String, _ state: SavedState) -> SavedState {
        letGo()
        isDamaged = true
        isInStep = false
        if (try? files.createEmpty(files.damageMark)) != nil { try? files.syncDirectory() }
        var state = state
        state.damage = "\(files.database): \(damage)"
        return state
    }

    /// What can still be read of these clients. The original stays as it is.
    private func remains(of names: [ClientName]) -> SavedState {
        letGo()
        guard let copy = try? StateCopy.make(of: files),
            let database = try? open(copy.files.database)
        else { return SavedState() }
        return SQLiteClients.readRemains(database, of: names)
    }
}

// Writing.
extension SQLiteStore {
    package func save(
        _ changes: StateChanges, or complete: () -> StateChanges
    ) throws(StateError) {
        do throws(StateError) {
            if database?.hasMoved ?? true, try !reopen() { return try create(complete()) }
            guard let database else { return }
            try sqlite { () throws(SQLiteError) in
                try database.transaction { () throws(SQLiteError) in
                    try write(isInStep ? changes : complete(), to: database)
                }
            }
            isInStep = true
            hasSigned = true
            if changes.count > Self.rowsCached { database.releaseMemory() }
        } catch {
            letGo()
            throw error
        }
    }

    /// - Returns: false if there is nothing to open.
    private func reopen() throws(StateError) -> Bool {
        letGo()
        guard !isDamaged,
            try system({ () throws(SystemError) in
                try files.kind(of: files.database) != .missing
            })
        else { return false }
        try sqlite { () throws(SQLiteError) in
            let database = try open(files.database)
            switch try schema.state(of: database) {
            case .current: break
            case .older(let version):
                try database.transaction { () throws(SQLiteError) in
                    try schema.migrate(database, from: version)
                }
            case .newer, .foreign:
                throw SQLiteError(code: SQLITE_NOTADB, text: "not the file that was there before")
            }
            // What a failed fsync(2) has left in the log may never get to the disk.
            try database.checkpoint()
            isInStep = try database.number("SELECT token FROM writer") == token
            hasSigned = isInStep
            self.database = database
        }
        return true
    }

    private func write(
        _ changes: StateChanges, to database: SQLiteDatabase
    ) throws(SQLiteError) {
        if !isInStep {
            try database.execute("DELETE FROM client; DELETE FROM liveness; DELETE FROM revocation")
        }
        if !hasSigned { try sign(database) }
        let clients = if let clients { clients } else { try SQLiteClients(database) }
        self.clients = clients
        try clients.write(changes)
    }

    private func sign(_ database: SQLiteDatabase) throws(SQLiteError) {
        try database.execute("INSERT OR REPLACE INTO writer VALUES (1, \(token))")
    }

    /// Under another name first: whenever there is a database, it is complete.
    private func create(_ everything: StateChanges) throws(StateError) {
        try system { () throws(SystemError) in
            try files.makeDirectory()
            for suffix in ["-wal", "-journal", ""] { try files.remove(files.draft + suffix) }
            try files.createEmpty(files.draft)
        }
        try sqlite { () throws(SQLiteError) in try fillDraft(everything) }
        try system { () throws(SystemError) in
            if isDamaged, let place = try files.setAside(at: everything.time) {
                notes.append("\(files.database): damaged, so put aside as \(place)")
            }
            // What a database that is gone has left would be taken for the new one's.
            for suffix in ["-wal", "-journal"] { try files.remove(files.database + suffix) }
            try files.move(files.draft, to: files.database)
            try files.syncDirectory()
            try files.remove(files.damageMark)
            try files.syncDirectory()
        }
        isDamaged = false
        isInStep = true
        hasSigned = true
        try sqlite { () throws(SQLiteError) in
            let database = try open(files.database)
            _ = try schema.state(of: database)  // opens the log as well: no file is left to open
            self.database = database
        }
    }

    private func fillDraft(_ everything: StateChanges) throws(SQLiteError) {
        let draft = try open(files.draft)
        try draft.execute("PRAGMA journal_mode = WAL")
        try draft.transaction { () throws(SQLiteError) in
            try schema.migrate(draft, from: 0)
            try sign(draft)
            try SQLiteClients(draft).write(everything)
        }
        try draft.checkpoint()
        draft.tidyWhenClosed()
    }

    private func sqlite(_ body: () throws(SQLiteError) -> Void) throws(StateError) {
        do throws(SQLiteError) {
            try body()
        } catch {
            throw .notWritten("\(files.database): \(error.text)")
        }
    }

    private func system<Result>(
        _ body: () throws(SystemError) -> Result
    ) throws(StateError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .notWritten("\(files.database): \(error.text)")
        }
    }
}
