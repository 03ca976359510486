internal import CShims.Linux
internal import Reactor

/// The files in the state directory. All are made for the user of this process alone, from the
/// moment of their creation.
struct StateFiles {
    let directory: String

    var database: String { directory + "/clients.db" }
    /// Of SQLite: what the database file has to be again if a save is interrupted. Empty otherwise.
    var journal: String { database + "-journal" }
    /// The same of version 1: what was saved, but was not in the database file yet.
    var log: String { database + "-wal" }
    /// The revocations once more, and the number of the last save.
    var revocationLog: String { directory + "/revocations.log" }
    var revocationDraft: String { revocationLog + ".new" }
    /// Where a new database is made, until it is complete.
    var draft: String { database + ".new" }
    /// By which secrets are sealed that are in no configuration file.
    var key: String { directory + "/clients.key" }
    /// Of versions in Python.
    var pickle: String { directory + "/clients.pickle" }
    /// As long as this is there, the database has to be taken for damaged.
    var damageMark: String { database + ".damaged" }

    enum Kind: Equatable { case missing, file(bytes: Int), other }

    func kind(of path: String) throws(SystemError) -> Kind {
        var status = stat()
        do throws(SystemError) {
            try attempt("stat") { unsafe lstat(path, &status) }
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return .missing }
            throw error
        }
        guard CInt(status.st_mode) & S_IFMT == S_IFREG else { return .other }
        return .file(bytes: Int(status.st_size))
    }

    /// Who else may write there can undo any revocation.
    var isWritableByOthers: Bool {
        var status = stat()
        return unsafe stat(directory, &status) == 0 && status.st_mode & 0o022 != 0
    }

    /// If it is missing.
    func makeDirectory() throws(SystemError) {
        do throws(SystemError) {
            try attempt("mkdir") { unsafe mkdir(directory, 0o700) }
        } catch {
            guard error.code == EEXIST else { throw error }
            return
        }
        try sync(directory + "/..")
    }

    func createEmpty(_ path: String) throws(SystemError) {
        _ = Descriptor(
            adopting: try attempt("open") {
                unsafe cshim_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
            })
    }

    /// No error if it is missing.
    func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try attempt("unlink") { unsafe unlink(path) }
        } catch {
            if error.code != ENOENT { throw error }
        }
    }

    /// Replaces what is there.
    func move(_ path: String, to target: String) throws(SystemError) {
        try attempt("rename") { unsafe CShims.rename(path, target) }
    }

    /// Until then a name may be another after a power failure.
    func syncDirectory() throws(SystemError) { try sync(directory) }

    private func sync(_ directory: String) throws(SystemError) {
        let descriptor = Descriptor(
            adopting: try attempt("open") {
                unsafe cshim_open(directory, O_RDONLY | O_DIRECTORY, 0)
            })
        let raw = descriptor.raw
        try attempt("fsync") { fsync(raw) }
    }

    /// Puts a damaged database, and what belongs to it, out of the way.
    ///
    /// - Returns: where the database is now; nil if there was none.
    func setAside(at time: WallTime) throws(SystemError) -> String? {
        let target = try unusedName(database + ".damaged-" + time.text.fileNamePart)
        for path in [log, journal] where try kind(of: path) == .file(bytes: 0) { try remove(path) }
        var isThere = false
        for suffix in ["-wal", "-journal", ""] {
            guard try kind(of: database + suffix) != .missing else { continue }
            try move(database + suffix, to: target + suffix)
            isThere = true
        }
        try syncDirectory()
        return isThere ? target : nil
    }

    private func unusedName(_ name: String) throws(SystemError) -> String {
        var candidate = name
        var number = 1
        while true {
            let kinds = [
                try kind(of: candidate), try kind(of: candidate + "-wal"),
                try kind(of: candidate + "-journal"),
            ]
            if kinds == [.missing, .missing, .missing] { return candidate }
            number += 1
            candidate = "\(name)-\(number)"
        }
    }
}

extension String {
    /// `2026-11-25T07:33:20` of `2026-11-25 07:33:20.123456`.
    fileprivate var fileNamePart: String {
        let second = utf8.prefix { $0 != UInt8(ascii: ".") }
        let bytes = second.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "T") : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
