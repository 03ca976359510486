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
            if database?.hasMoved ?? true, try !reopen() { return try create(all(complete)) }
            guard let database else { return }
            let everything = isInStep ? nil : all(complete)
            if everything != nil { revocationFile = nil }
            let changes = everything ?? changes
            let next = nextMark(at: changes.time)
            attempted = next
            try sqlite { () throws(SQLiteError) in try write(changes, next, to: database) }
            noteWritten(next)
            if changes.count > Self.rowsCached { database.releaseMemory() }
            try saveLog(next, changes) { everything ?? all(complete) }
        } catch {
            letGo()
            revocationFile = nil
            throw error
        }
    }

    /// With what was found in files of others.
    private func all(_ complete: () -> StateChanges) -> StateChanges {
        var everything = complete()
        if !adopted.isEmpty { everything.revocations.unite(adopted) }
        return everything
    }

    private func noteWritten(_ mark: SaveMark) {
        noteSeen(mark)
        isInStep = true
        adopted = []
    }

    /// This save of ours is what the database has.
    func noteSeen(_ mark: SaveMark) {
        attempted = nil
        lastSeen = .save(mark)
        self.mark = mark
    }

    private func nextMark(at time: WallTime) -> SaveMark {
        let last =
            mark ?? SaveMark(origin: .random(in: .min ... .max), number: 0, time: time)
        return last.next(at: time)
    }

    /// After the database: see `StateAgreement`.
    ///
    /// - Parameter complete: everything, from the memory of this server: what it would read from the
    ///   disk might be something else by now.
    private func saveLog(
        _ mark: SaveMark, _ changes: StateChanges, _ complete: () -> StateChanges
    ) throws(StateError) {
        var found: [Revocation] = []
        if let file = revocationFile, !file.isGrown {
            let isAppended = try system(files.revocationLog) { () throws(SystemError) in
                try revocationFile?.append(mark, changes) == true
            }
            if isAppended { return }
            found = try meetForeignLog()
        }
        var everything = complete()
        everything.revocations.unite(found)
        let names = everything.clients.filter { $0.isInNoFile }.map { $0.name }
        revocationFile = try system(files.revocationLog) { () throws(SystemError) in
            try RevocationFile(files, mark, everything.revocations, names: names)
        }
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
        try system { () throws(SystemError) in try files.makeDirectory() }
        try takeLock()
        attempted = next
        try system { () throws(SystemError) in
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
        noteWritten(next)
        var opened: SQLiteDatabase?
        try sqlite { () throws(SQLiteError) in
            let database = try open(files.database)
            _ = try schema.state(of: database)
            opened = database
        }
        guard let opened else { return }
        database = opened
        try saveLog(next, everything) { everything }
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

    func sqlite(_ body: () throws(SQLiteError) -> Void) throws(StateError) {
        do throws(SQLiteError) {
            try body()
        } catch {
            throw .notWritten("\(files.database): \(error.text)")
        }
    }

    func system<Result>(
        _ path: String? = nil, _ body: () throws(SystemError) -> Result
    ) throws(StateError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .notWritten("\(path ?? files.database): \(error.text)")
        }
    }
}

extension SavedClient {
    /// clients.conf does not have it, so its name would be lost with the database.
    fileprivate var isInNoFile: Bool { absent != nil || current?.addedKey != nil }
}
