internal import CShims.SQLite
internal import Reactor

extension SQLiteStore {
    /// Clients saved in one go without giving back the pages that were read and written for them.
    private static let rowsCached = 64

    package func save(
        _ changes: StateChanges, or complete: () -> StateChanges
    ) throws(StateError) {
        precondition(access == .writing)
        do throws(StateError) {
            if database?.hasMoved ?? true, try !reopen() { return try create(complete()) }
            guard let database else { return }
            let changes = isInStep ? changes : complete()
            let next = nextMark(at: changes.time)
            try sqlite { () throws(SQLiteError) in try write(changes, next, to: database) }
            mark = next
            isInStep = true
            if changes.count > Self.rowsCached { database.releaseMemory() }
            try saveLog(next, changes, database)
        } catch {
            letGo()
            revocationFile = nil
            throw error
        }
    }

    private func nextMark(at time: WallTime) -> SaveMark {
        let last =
            mark ?? SaveMark(origin: .random(in: .min ... .max), number: 0, time: time)
        return last.next(at: time)
    }

    /// After the database: see `StateAgreement`.
    private func saveLog(
        _ mark: SaveMark, _ changes: StateChanges, _ database: SQLiteDatabase
    ) throws(StateError) {
        do throws(SystemError) {
            if let file = revocationFile, !file.isGrown,
                try revocationFile?.append(mark, changes) == true
            {
                return
            }
        } catch {
            throw .notWritten("\(files.revocationLog): \(error.text)")
        }
        var revocations: [Revocation] = []
        try sqlite { () throws(SQLiteError) in
            var check = SQLiteRowCheck(isNeeded: true)
            revocations = try SQLiteRevocations.readAll(database, &check)
        }
        do throws(SystemError) {
            revocationFile = try RevocationFile(files, mark, revocations)
        } catch {
            throw .notWritten("\(files.revocationLog): \(error.text)")
        }
    }

    /// - Returns: false if there is nothing to open.
    private func reopen() throws(StateError) -> Bool {
        letGo()
        revocationFile = nil
        guard !isDamaged,
            try system({ () throws(SystemError) in
                try files.kind(of: files.database) != .missing
            })
        else { return false }
        try sqlite { () throws(SQLiteError) in
            let database = try open(files.database)
            switch try schema.state(of: database) {
            case .current: takeStep(try SQLiteSave(database))
            case .older: isInStep = false
            case .newer, .foreign:
                throw SQLiteError(code: SQLITE_NOTADB, text: "not the file that was there before")
            }
            self.database = database
        }
        return true
    }

    /// Whether the file is what this server has written last, as it was written.
    private func takeStep(_ save: SQLiteSave?) {
        isInStep = save?.writer == writer
        guard let save else { return }
        rows = save.rows
        if save.mark.number > mark?.number ?? 0 { mark = save.mark }
    }

    private func write(
        _ changes: StateChanges, _ mark: SaveMark, to database: SQLiteDatabase
    ) throws(SQLiteError) {
        // That of a file of version 1 has a log; it is emptied first.
        if clients == nil { try database.execute("PRAGMA journal_mode = TRUNCATE") }
        var rows = isInStep ? rows : SetChecksum()
        try database.transaction { () throws(SQLiteError) in
            if !isInStep { try empty(database) }
            let clients = if let clients { clients } else { try SQLiteClients(database) }
            self.clients = clients
            try clients.write(changes, &rows)
            try SQLiteSave(mark, rows: rows, writer: writer).write(to: database)
        }
        self.rows = rows
    }

    private func empty(_ database: SQLiteDatabase) throws(SQLiteError) {
        if case .older(let version) = try schema.state(of: database) {
            try schema.migrate(database, from: version)
        }
        try database.execute("DELETE FROM client; DELETE FROM liveness; DELETE FROM revocation")
    }

    /// Under another name first: whenever there is a database, it is complete.
    private func create(_ everything: StateChanges) throws(StateError) {
        let next = nextMark(at: everything.time)
        try system { () throws(SystemError) in
            try files.makeDirectory()
            for suffix in ["-wal", "-journal", ""] { try files.remove(files.draft + suffix) }
            try files.createEmpty(files.draft)
        }
        try sqlite { () throws(SQLiteError) in try fillDraft(everything, next) }
        try system { () throws(SystemError) in
            if isDamaged, let place = try files.setAside(at: everything.time) {
                notes.append("\(files.database): damaged, so put aside as \(place)")
            }
            // Side files of a lost database would be taken for the new one's.
            for suffix in ["-wal", "-journal"] { try files.remove(files.database + suffix) }
            try files.move(files.draft, to: files.database)
            try files.syncDirectory()
            try files.remove(files.damageMark)
            try files.syncDirectory()
        }
        isDamaged = false
        isInStep = true
        mark = next
        var opened: SQLiteDatabase?
        try sqlite { () throws(SQLiteError) in
            let database = try open(files.database)
            _ = try schema.state(of: database)
            opened = database
        }
        guard let opened else { return }
        database = opened
        try saveLog(next, everything, opened)
    }

    private func fillDraft(_ everything: StateChanges, _ mark: SaveMark) throws(SQLiteError) {
        let draft = try open(files.draft)
        // Until it is complete, it counts for nothing.
        try draft.execute("PRAGMA journal_mode = MEMORY")
        var rows = SetChecksum()
        try draft.transaction { () throws(SQLiteError) in
            try schema.migrate(draft, from: 0)
            try SQLiteClients(draft).write(everything, &rows)
            try SQLiteSave(mark, rows: rows, writer: writer).write(to: draft)
        }
        self.rows = rows
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
