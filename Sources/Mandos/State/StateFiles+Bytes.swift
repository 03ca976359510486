internal import CShims.Linux
internal import Reactor

// Whole files, and what is added to them.
extension StateFiles {
    /// Greater files are none of this program.
    private static let bytesMax = 1 << 28

    /// All bytes of a file.
    func read(_ path: String) throws(SystemError) -> [UInt8] {
        let file = Descriptor(
            adopting: try attempt("open") {
                unsafe cshim_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
            })
        let raw = file.raw
        let size = try Self.size(of: file)
        guard size <= Self.bytesMax else { throw SystemError(call: "read", code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: size)
        var count = 0
        while count < size {
            let step = try attempt("read") {
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe CShims.read(raw, $0.baseAddress! + count, size - count)
                }
            }
            if step == 0 { break }
            count += step
        }
        bytes.removeLast(size - count)
        return bytes
    }

    /// Writes a file under another name first, so that there is always a whole one.
    func replace(_ path: String, by bytes: [UInt8], draft: String) throws(SystemError) {
        try remove(draft)
        do {
            let file = Descriptor(
                adopting: try attempt("open") {
                    unsafe cshim_open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
                })
            try Self.write(bytes, to: file, at: 0)
        }
        try move(draft, to: path)
        try syncDirectory()
    }

    /// Adds to a file what is then on the disk.
    ///
    /// - Parameter length: that it has now.
    /// - Returns: false if it has another length, or is none any more; then nothing was done.
    func append(_ bytes: [UInt8], to path: String, length: Int) throws(SystemError) -> Bool {
        guard try kind(of: path) == .file(bytes: length) else { return false }
        let file = Descriptor(
            adopting: try attempt("open") { unsafe cshim_open(path, O_WRONLY | O_NOFOLLOW, 0) })
        try Self.write(bytes, to: file, at: length)
        return true
    }

    private static func write(
        _ bytes: [UInt8], to file: borrowing Descriptor, at offset: Int
    ) throws(SystemError) {
        let raw = file.raw
        var count = 0
        while count < bytes.count {
            count += try attempt("write") {
                unsafe bytes.withUnsafeBytes {
                    unsafe pwrite(
                        raw, $0.baseAddress! + count, $0.count - count, offset + count)
                }
            }
        }
        try attempt("fdatasync") { fdatasync(raw) }
    }

    private static func size(of file: borrowing Descriptor) throws(SystemError) -> Int {
        var status = stat()
        let raw = file.raw
        try attempt("fstat") { unsafe fstat(raw, &status) }
        guard CInt(status.st_mode) & S_IFMT == S_IFREG else {
            throw SystemError(call: "open", code: EINVAL)
        }
        return Int(status.st_size)
    }
}
