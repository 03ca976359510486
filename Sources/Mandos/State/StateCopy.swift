internal import CShims.Linux
internal import Reactor

/// A copy of a database and its journal in a directory of its own, which goes away with it, or before:
/// nothing is left by a program that is killed while it reads. SQLite can read it whatever cannot be
/// done with the original.
@safe struct StateCopy: ~Copyable {
    let files: StateFiles

    /// In memory, as a rule, and at least one of them can be written to by everybody.
    private static let places: [StaticString] = ["/dev/shm", "/tmp", "/run"]

    private init() throws(SystemError) {
        files = StateFiles(directory: try Self.makeDirectory())
    }

    static func make(of original: StateFiles) throws(SystemError) -> StateCopy {
        let copy = try StateCopy()
        try Self.copy(original.database, to: copy.files.database)
        for (path, target) in [
            (original.log, copy.files.log), (original.journal, copy.files.journal),
        ] where try original.kind(of: path) != .missing {
            try Self.copy(path, to: target)
        }
        return copy
    }

    deinit { removeNames() }

    /// Of what is open, the contents stay.
    func removeNames() {
        for path in [files.database, files.log, files.journal, files.database + "-shm"] {
            try? files.remove(path)
        }
        _ = unsafe rmdir(files.directory)
    }

    private static func makeDirectory() throws(SystemError) -> String {
        var failure = SystemError(call: "mkdtemp", code: ENOENT)
        for place in places {
            var template = Array("\(place)/mandos-state.XXXXXX".utf8CString)
            if unsafe mkdtemp(&template) != nil {
                let bytes = template.dropLast().map { UInt8(bitPattern: $0) }
                return String(decoding: bytes, as: UTF8.self)
            }
            failure = SystemError(call: "mkdtemp", code: cshim_errno())
        }
        throw failure
    }

    private static func copy(_ path: String, to target: String) throws(SystemError) {
        let source = Descriptor(
            adopting: try attempt("open") {
                unsafe cshim_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
            })
        let copy = Descriptor(
            adopting: try attempt("open") {
                unsafe cshim_open(target, O_WRONLY | O_CREAT | O_EXCL, 0o600)
            })
        let (from, to) = (source.raw, copy.raw)
        while try attempt("sendfile", { sendfile(to, from, nil, 1 << 20) }) > 0 {}
    }
}
