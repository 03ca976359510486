internal import CShims.SQLite
internal import Reactor

// The database is not open any more, or another has taken its place. What is there then is not
// trusted to be what was left: a file that says less about who is revoked than this server knows must
// not be gone on with, and one that says more must not be lost.
extension SQLiteStore {
    /// - Returns: false if a new one has to be made.
    func reopen() throws(StateError) -> Bool {
        letGo()
        revocationFile = nil
        try takeLock()
        if isDamaged { return false }
        let isMissing = try system { () throws(SystemError) in
            try files.kind(of: files.database) == .missing
        }
        if isMissing {
            try meetMissing()
            return false
        }
        var found: (database: SQLiteDatabase, lastSeen: LastSeen?, rows: SetChecksum)?
        try sqlite { () throws(SQLiteError) in
            let database = try open(files.database)
            switch try schema.state(of: database) {
            case .current:
                let save = try SQLiteSave(database)
                found = (
                    database, save.map { .save($0.mark) }, save?.rows ?? SetChecksum()
                )
            case .older: found = (database, .uncounted, SetChecksum())
            case .newer, .foreign:
                throw SQLiteError(code: SQLITE_NOTADB, text: "not the file that was there before")
            }
        }
        guard let found else { return false }
        switch found.lastSeen {
        case lastSeen:
            isInStep = isInStep && lastSeen != .uncounted
            rows = found.rows
        case .save(let mark) where mark == attempted:
            isInStep = false
            noteSeen(mark)
        default: return try meetForeign(found.database)
        }
        database = found.database
        return true
    }

    /// - Returns: false if a new one has to be made.
    private func meetForeign(_ database: SQLiteDatabase) throws(StateError) -> Bool {
        isInStep = false
        var contents = Contents.damage("it cannot be read", remains: nil)
        try sqlite { () throws(SQLiteError) in
            do throws(SQLiteError) {
                contents = try read(database)
            } catch {
                guard error.isDamage else { throw error }
                contents = .damage(error.text, remains: nil)
            }
        }
        let log = try readLog()
        switch contents {
        case .state(let state, let save):
            sayForeign("\(stranger), but \(text(of: save))")
            adopt(state.revocations, save?.mark)
            lastSeen = save.map { .save($0.mark) } ?? .uncounted
            self.database = database
        case .damage(let text, let remains):
            sayForeign("\(stranger), and damaged: \(text)")
            adopt(remains?.revocations ?? [], nil)
            isDamaged = true
        case .newer:
            throw .notWritten("\(files.database): of a later version of this program")
        }
        meet(log)
        return !isDamaged
    }

    private func meetMissing() throws(StateError) {
        isInStep = false
        let log = try readLog()
        if lastSeen != .missing {
            sayForeign("\(files.database) is not there any more")
        } else if case .read(let log) = log {
            sayForeign(
                "\(files.database) is missing, but there is \(files.revocationLog) by now "
                    + "(\(log.mark.text))")
        }
        meet(log)
    }

    /// The log alone is not as it was left.
    ///
    /// - Returns: who is revoked in it.
    func meetForeignLog() throws(StateError) -> [Revocation] {
        let log = try readLog()
        guard case .read(let found) = log else { return [] }
        sayForeign("\(files.revocationLog) is not as this server has left it (\(found.mark.text))")
        isInStep = false  // of the database, which will have them, too
        meet(log)
        return Array(found.revocations.values)
    }

    private func meet(_ log: StateAgreement.Log) {
        guard case .read(let log) = log else { return }
        adopt(Array(log.revocations.values), log.mark)
    }

    /// Deny wins.
    private func adopt(_ revocations: [Revocation], _ mark: SaveMark?) {
        foreign.revocations += revocations
        adopted += revocations
        guard let mark else { return }
        if self.mark == nil { self.mark = mark }
        if let number = self.mark?.number, mark.number > number { self.mark?.number = mark.number }
    }

    private func sayForeign(_ text: String) {
        foreign.lines.append(
            Restoration.Line(
                level: .critical,
                text: "\(text): it was taken away or replaced while this server ran; it is written "
                    + "anew, and revocations that were found there are in force"))
    }

    private var stranger: String {
        "\(files.database) is not the one that this server has written (\(known))"
    }

    private var known: String {
        switch lastSeen {
        case .missing: "there was none"
        case .uncounted: "of an earlier version"
        case .save(let mark): mark.text
        }
    }

    private func text(of save: SQLiteSave?) -> String { save?.mark.text ?? "of an earlier version" }
}
