internal import CShims.Linux
internal import Reactor

// The state of a server in Python, beside our own.
extension StateFiles {
    /// Tells by its contents which state of a server in Python was taken over last.
    var pickleRecord: String { pickle + ".imported" }

    /// Whether a server in Python has saved after this one, and that was not taken over.
    func isPickleLater() throws(SystemError) -> Bool {
        guard let pickled = try modified(pickle),
            let saved = [try modified(database), try modified(revocationLog)].compactMap({ $0 })
                .max(),
            saved < pickled
        else { return false }
        return !isPickleRecorded
    }

    /// The time of a file tells nothing after a copy of the directory, or if the clock was wrong.
    private var isPickleRecorded: Bool {
        guard let record = try? read(pickleRecord), let contents = try? read(pickle) else {
            return false
        }
        return record == Self.pickleRecord(of: contents.span)
    }

    /// To be called when the file with that record was taken over.
    func writePickleRecord(_ record: [UInt8]) throws(SystemError) {
        try replace(pickleRecord, by: record, draft: pickleRecord + ".new")
    }

    static func pickleRecord(of contents: Span<UInt8>) -> [UInt8] {
        var sum = Checksum()
        for index in contents.indices { sum.add(contents[index]) }
        return Array("\(contents.count) \(LogWords.digits(sum.value))\n".utf8)
    }

    /// nil if it is missing.
    private func modified(_ path: String) throws(SystemError) -> WallTime? {
        var status = stat()
        do throws(SystemError) {
            try attempt("stat") { unsafe lstat(path, &status) }
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw error
        }
        return WallTime(
            microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000
                + Int64(status.st_mtim.tv_nsec) / 1000)
    }
}
