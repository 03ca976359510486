internal import CShims.Linux
internal import Reactor

/// The file that tells where the daemon is: its process ID, in decimal, and a line feed.
struct PIDFile {
    let path: String
    private let content: [UInt8]
    /// The file that was written, whatever is at its path later.
    private var written: Identity?

    private struct Identity: Equatable {
        let device: dev_t
        let inode: ino_t
        let owner: uid_t
    }

    /// - Parameter id: of the process that the file tells of.
    init(_ path: String, id: CInt) {
        self.path = path
        content = Array("\(id)\n".utf8)
    }

    /// Where other programs look for it.
    static var standardPath: String { path(runIsDirectory: Self.isDirectory("/run")) }

    static func path(runIsDirectory: Bool) -> String {
        runIsDirectory ? "/run/mandos.pid" : "/var/run/mandos.pid"
    }

    /// Replaces what is there: of a server that is no more, or of one that runs. That one will not
    /// remove the file, because it is not its own any more.
    mutating func write() throws(SystemError) {
        let file = try opened()
        let raw = file.raw
        try attempt("ftruncate") { ftruncate(raw, 0) }
        let count = try attempt("write") {
            unsafe content.withUnsafeBytes { unsafe pwrite(raw, $0.baseAddress, $0.count, 0) }
        }
        guard count == content.count else { throw SystemError(call: "write", code: ENOSPC) }
        try attempt("fchmod") { fchmod(raw, 0o644) }
        written = Self.identity(of: file)
    }

    /// Removes the file, if it is the one that was written and nobody has written to it since.
    func removeIfOurs() {
        guard let written, let file = try? open(O_RDONLY) else { return }
        lock(file)
        guard Self.identity(of: file) == written, Self.identity(at: path) == written,
            content == Self.read(file)
        else { return }
        _ = unsafe unlink(path)
    }

    /// Locked, so that nobody removes it between opening and writing: that would be for nobody to
    /// find. What is not ours to open, such as a symbolic link or a file that somebody else could
    /// write to, is replaced by a file that is.
    private func opened() throws(SystemError) -> Descriptor {
        for _ in 0..<Self.attemptsMax {
            do throws(SystemError) {
                let file = try open(O_RDWR | O_CREAT)
                lock(file)
                let identity = Self.identity(of: file)
                if identity?.owner != geteuid() {
                    throw SystemError(call: "open", code: EACCES)
                }
                if identity == Self.identity(at: path) { return file }
            } catch {
                guard error.code == ELOOP || error.code == EACCES else { throw error }
                try attempt("unlink") { unsafe unlink(path) }
            }
        }
        throw SystemError(call: "open", code: EAGAIN)
    }

    private static let attemptsMax = 10

    private func open(_ flags: CInt) throws(SystemError) -> Descriptor {
        let flags = flags | O_NOFOLLOW | O_NONBLOCK
        return Descriptor(
            adopting: try attempt("open") { unsafe cshim_open(path, flags, 0o644) })
    }

    /// Waits for another server for a moment only: everybody may lock a file that he can read.
    private func lock(_ file: borrowing Descriptor) {
        for _ in 0..<Self.attemptsMax {
            if flock(file.raw, LOCK_EX | LOCK_NB) == 0 { return }
            usleep(1000)
        }
    }

    private static func read(_ file: borrowing Descriptor) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        let raw = file.raw
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(raw, $0.baseAddress, $0.count, 0)
        }
        return Array(bytes.prefix(max(0, count)))
    }

    private static func identity(of file: borrowing Descriptor) -> Identity? {
        var status = stat()
        guard unsafe fstat(file.raw, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino, owner: status.st_uid)
    }

    private static func identity(at path: String) -> Identity? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino, owner: status.st_uid)
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && CInt(status.st_mode) & S_IFMT == S_IFDIR
    }
}
