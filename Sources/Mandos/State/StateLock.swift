internal import CShims.Linux
internal import Reactor

/// Keeps other servers away from a state directory for as long as it is held, whatever is in there.
///
/// It is flock(2) on the directory itself. That needs no file of its own, works where nothing can be
/// written, and ends with the process. On a network file system it is known on this machine only.
struct StateLock: ~Copyable {
    private let directory: Descriptor

    /// How long to wait for a server that is about to end, and how often to look.
    private static let attemptsMax = 100
    private static let pauseMicroseconds: UInt32 = 10_000

    /// - Throws: EWOULDBLOCK if another process has it.
    init(_ path: String) throws(SystemError) {
        directory = try Self.locked(
            Descriptor(
                adopting: try attempt("open") {
                    unsafe cshim_open(path, O_RDONLY | O_DIRECTORY, 0)
                }))
    }

    private static func locked(
        _ directory: consuming Descriptor
    ) throws(SystemError) -> Descriptor {
        let raw = directory.raw
        for _ in 1..<attemptsMax {
            if flock(raw, LOCK_EX | LOCK_NB) == 0 { return directory }
            if cshim_errno() != EWOULDBLOCK { break }
            usleep(pauseMicroseconds)
        }
        try attempt("flock") { flock(raw, LOCK_EX | LOCK_NB) }
        return directory
    }

    /// Whether the directory is the one at this path.
    func isHeld(of path: String) -> Bool {
        var (held, found) = (stat(), stat())
        return unsafe fstat(directory.raw, &held) == 0 && stat(path, &found) == 0
            && held.st_dev == found.st_dev && held.st_ino == found.st_ino
    }
}
