internal import CShims.SQLite
internal import Reactor

// Looking at what is saved, also while a server has it.
extension SQLiteStore {
    /// How often a file is copied that changes while it is copied.
    private static let peeksMax = 5

    /// Reads a copy, and leaves the files as they are.
    ///
    /// - Returns: nothing, if nothing was saved.
    package func peek() throws(StateError) -> SavedState {
        var failure = ""
        for _ in 0..<Self.peeksMax {
            do throws(SystemError) {
                if try files.kind(of: files.database) == .missing { return SavedState() }
                let copy = try StateCopy.make(of: files)
                do throws(SQLiteError) {
                    if let state = try peek(at: copy.files.database) { return state }
                    failure = "not a state of this program, or of a later version"
                } catch {
                    failure = error.text
                }
            } catch {
                throw .unreadable("\(files.database): \(error.text)")
            }
        }
        throw .unreadable("\(files.database): \(failure)")
    }

    /// nil if it is another kind of database.
    private func peek(at path: String) throws(SQLiteError) -> SavedState? {
        let database = try SQLiteDatabase(path)
        switch try schema.state(of: database) {
        case .current: break
        case .older(let version): try schema.migrate(database, from: version)
        case .newer, .foreign: return nil
        }
        if let problem = try database.check() {
            throw SQLiteError(code: SQLITE_CORRUPT, text: problem)
        }
        return try SQLiteClients.readAll(database)
    }
}
