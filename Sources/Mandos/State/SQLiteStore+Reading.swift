internal import CShims.Linux
internal import CShims.SQLite
internal import Reactor

extension SQLiteStore {
    /// The result of reading a database.
    enum Contents {
        case state(SavedState, SQLiteSave?)
        case newer(version: Int64)
        /// - remains: nil if they have to be searched for.
        case damage(String, remains: SavedState?)
    }

    package func load(searching names: [ClientName]) throws(StateError) -> SavedState? {
        if files.isWritableByOthers {
            notes.append(
                "\(files.directory): others may write to it, and so undo what was saved there")
        }
        if access == .writing {
            try? files.makeDirectory()  // or two servers could begin before there is one
            try takeLock()
        }
        let agreement: StateAgreement
        do throws(StateError) {
            agreement = try access == .reading ? readCalmly(names) : self.agreement(names)
        } catch {
            isInStep = false
            throw error
        }
        mark = agreement.mark
        if !agreement.isAgreed { isInStep = false }
        guard var state = agreement.state else {
            try checkPickle()
            return nil
        }
        state.laterPickle = try laterPickle()
        if state.damage != nil { markDamage() }
        return state
    }

    /// A client that was disabled or removed by a server in Python would be trusted again.
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

    /// A pickle that a server in Python has saved since, if it has clients.
    private func laterPickle() throws(StateError) -> String? {
        do throws(SystemError) {
            guard try files.isPickleLater(), !isEmptyPickle(files.pickle) else { return nil }
            return files.pickle
        } catch {
            throw .unreadable("\(files.pickle): \(error.reason)")
        }
    }

    /// A server that saves meanwhile looks like damage; it saves only now and then.
    private func readCalmly(_ names: [ClientName]) throws(StateError) -> StateAgreement {
        for _ in 1..<Self.readAttempts {
            let before = notes
            let agreement = try agreement(names)
            if agreement.state?.findings.isEmpty ?? true, agreement.state?.damage == nil {
                return agreement
            }
            notes = before
            usleep(Self.readPauseMicroseconds)
        }
        return try agreement(names)
    }

    private static let readAttempts = 5
    private static let readPauseMicroseconds: UInt32 = 20_000

    private func agreement(_ names: [ClientName]) throws(StateError) -> StateAgreement {
        let found = try find(names)
        let log = try readLog()
        let agreement = StateAgreement(
            found, log, database: files.database, log: files.revocationLog)
        if agreement.isAgreed, case .read(let log) = log {
            revocationFile = RevocationFile(files, continuing: log)
        }
        return agreement
    }

    /// - Throws: if it is there and may be whole: who is revoked is in it.
    func readLog() throws(StateError) -> StateAgreement.Log {
        do throws(SystemError) {
            switch try files.kind(of: files.revocationLog) {
            case .missing: return .missing
            case .other: throw SystemError(call: "open", code: EINVAL)
            case .file: break
            }
            let bytes = try files.read(files.revocationLog)
            return RevocationLog(bytes).map { .read($0) }
                ?? .unreadable(bytes.isEmpty ? "it is empty" : "its beginning is unreadable")
        } catch {
            if error.code == ENOENT { return .missing }
            let reason = error.code == EINVAL ? "not a regular file" : error.reason
            throw .unreadable("\(files.revocationLog): \(reason)")
        }
    }

    /// From now on, until there is a new one, the database is known to be damaged, also to a server
    /// that is started later.
    private func markDamage() {
        letGo()
        isDamaged = true
        isInStep = false
        guard access == .writing else { return }
        if (try? files.createEmpty(files.damageMark)) != nil { try? files.syncDirectory() }
    }
}

// The database.
extension SQLiteStore {
    private enum Finding {
        case nothing
        case database(isMarked: Bool)
        /// There was one.
        case remains(damage: String)
    }

    private func find(_ names: [ClientName]) throws(StateError) -> StateAgreement.Database {
        switch try look() {
        case .nothing: return .missing
        case .remains(let damage): return damaged(damage, SavedState())
        case .database(let isMarked):
            switch try access == .reading ? contentsOfCopy() : contents() {
            case .state(let state, let save):
                if isMarked { return damaged("a repair of it was not completed", state) }
                rows = save?.rows ?? SetChecksum()
                lastSeen = save.map { .save($0.mark) } ?? .uncounted
                return .whole(state, save?.mark)
            case .damage(let text, let remains):
                return damaged(text, remains ?? search(for: names))
            case .newer(let version):
                letGo()
                throw .newer(
                    "\(files.database): of version \(version), but this program knows none later "
                        + "than \(schema.version)")
            }
        }
    }

    private func damaged(_ damage: String, _ remains: SavedState) -> StateAgreement.Database {
        var remains = remains
        remains.damage = "\(files.database): \(damage)"
        return .damaged(remains)
    }

    private func look() throws(StateError) -> Finding {
        let database: StateFiles.Kind
        let journals: [StateFiles.Kind]
        let mark: StateFiles.Kind
        do throws(SystemError) {
            database = try files.kind(of: files.database)
            journals = [try files.kind(of: files.log), try files.kind(of: files.journal)]
            mark = try files.kind(of: files.damageMark)
        } catch {
            throw .unreadable("\(files.database): \(error.reason)")
        }
        switch database {
        case .other: throw .unreadable("\(files.database): not a regular file")
        case .file(bytes: 0): return .remains(damage: "it is empty")
        case .file: return .database(isMarked: mark != .missing)
        case .missing where mark != .missing:
            return .remains(damage: "a repair of it was not completed")
        case .missing:
            let isLeftAlone = journals.allSatisfy { $0 == .missing || $0 == .file(bytes: 0) }
            return isLeftAlone
                ? .nothing : .remains(damage: "it is missing, but its journal is there")
        }
    }

    private func contents() throws(StateError) -> Contents {
        do throws(SQLiteError) {
            let database = try open(files.database)
            let contents = try read(database)
            self.database = database
            if case .state(_, .some) = contents { isInStep = true }
            return contents
        } catch {
            if error.isBusy { throw .inUse("\(files.database): in use by another process") }
            if error.isDamage { return .damage(error.text, remains: nil) }
            let contents = try contentsOfCopy(because: error.text)
            notes.append("\(files.database): read, but it cannot be written to: \(error.text)")
            return contents
        }
    }

    /// SQLite cannot read all that may be there without writing.
    ///
    /// - Parameter reason: why not the file itself.
    private func contentsOfCopy(because reason: String? = nil) throws(StateError) -> Contents {
        var failure = ""
        do throws(SystemError) {
            if let image = try imageIfComplete() {
                let contents = contents(&failure) { () throws(SQLiteError) in
                    let database = try SQLiteDatabase(image: image)
                    try prepare(database)
                    return try read(database)
                }
                if let contents { return contents }
            } else {
                let copy = try StateCopy.make(of: files)
                let contents = contents(&failure) { () throws(SQLiteError) in
                    let database = try open(copy.files.database)
                    // Reads the journal, and needs no other from then on.
                    try database.execute("PRAGMA journal_mode = MEMORY")
                    copy.removeNames()
                    return try read(database)
                }
                if let contents { return contents }
            }
        } catch {
            failure = error.text
        }
        let text = reason.map { "\($0); of a copy: \(failure)" } ?? "a copy of it: \(failure)"
        throw .unreadable("\(files.database): \(text)")
    }

    /// nil if it can neither be read nor is damaged.
    private func contents(
        _ failure: inout String, _ body: () throws(SQLiteError) -> Contents
    ) -> Contents? {
        do throws(SQLiteError) {
            return try body()
        } catch {
            if error.isDamage { return .damage(error.text, remains: nil) }
            failure = error.text
            return nil
        }
    }

    /// The bytes of the database, which need no file: nothing is left by a command that is killed. nil if
    /// a journal belongs to them, as after a crash.
    private func imageIfComplete() throws(SystemError) -> [UInt8]? {
        for path in [files.log, files.journal] {
            switch try files.kind(of: path) {
            case .missing, .file(bytes: 0): break
            case .file, .other: return nil
            }
        }
        let bytes = try files.read(files.database)
        // At 18 and 19 (SQLite, file format, 1.3): 2 is for a log, which cannot be in memory.
        return bytes.count >= 100 && bytes[18...19] == [1, 1] ? bytes : nil
    }

    /// Of a file of an earlier version, what it would be like in this one.
    func read(_ database: SQLiteDatabase) throws(SQLiteError) -> Contents {
        try database.execute("BEGIN EXCLUSIVE")  // and from now on nobody else has it
        defer { try? database.execute("ROLLBACK") }
        var version = schema.version
        switch try schema.state(of: database) {
        case .current: break
        case .newer(let version): return .newer(version: version)
        case .foreign: return .damage("it is not a file of this program", remains: SavedState())
        case .older(let older): version = older
        }
        if let problem = try database.check() { return .damage(problem, remains: nil) }
        if version < schema.version {
            // In memory: nothing of it gets into the file.
            try database.execute("PRAGMA cache_spill = OFF")
            try schema.migrate(database, from: version)
        }
        let contents = try read(database, isChecked: version >= SQLiteSchema.checkedVersion)
        database.releaseMemory()
        return contents
    }

    private func read(
        _ database: SQLiteDatabase, isChecked: Bool
    ) throws(SQLiteError) -> Contents {
        var check = SQLiteRowCheck(isNeeded: isChecked)
        let state = try SQLiteClients.readAll(database, &check)
        guard isChecked else { return .state(state, nil) }
        guard let save = try SQLiteSave(database) else {
            return .damage("its record of the last save is not as it was written", remains: state)
        }
        guard check.damagedCount == 0 else {
            let text = "\(check.damagedCount) of its rows are not as they were written"
            return .damage(text, remains: state)
        }
        guard check.rows == save.rows else {
            return .damage("some of its rows are missing, or older than others", remains: state)
        }
        return .state(state, save)
    }

    /// The readable rest of these clients. The original stays as it is.
    private func search(for names: [ClientName]) -> SavedState {
        letGo()
        guard let copy = try? StateCopy.make(of: files),
            let database = try? open(copy.files.database),
            let version = try? database.number("PRAGMA user_version")
        else { return SavedState() }
        if version > 0, version < schema.version {
            try? schema.migrate(database, from: version)
        }
        var check = SQLiteRowCheck(isNeeded: version >= SQLiteSchema.checkedVersion)
        return SQLiteClients.readRemains(database, of: names, &check)
    }
}
