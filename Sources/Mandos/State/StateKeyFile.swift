internal import CShims.Linux
internal import Reactor

/// A file with a random key, for the user of this process alone.
struct StateKeyFile {
    let path: String

    /// nil if it is missing.
    ///
    /// - Throws: also if it has another length: then it is no such key.
    func read() throws(SystemError) -> SharedSecret? {
        do throws(FileError) {
            let contents = try LinuxSecretFileReader(bytesMax: SealingKey.bytes).read(path)
            guard contents.count == SealingKey.bytes else {
                throw FileError.system(code: EBADMSG)
            }
            return SharedSecret(contents)
        } catch {
            switch error {
            case .system(code: ENOENT), .system(code: ENOTDIR): return nil
            case .system(let code): throw SystemError(call: "read", code: code)
            case .notRegular, .tooLarge, .madeByKernel, .refused:
                throw SystemError(call: "read", code: EBADMSG)
            }
        }
    }

    /// Complete, or not there. Replaces nothing.
    func make() throws(SystemError) -> SharedSecret {
        guard let key = SealingKey.make() else {
            throw SystemError(call: "gnutls_rnd", code: EIO)
        }
        let draft = path + ".new"
        _ = unsafe unlink(draft)
        try write(key, to: draft)
        try attempt("link") { unsafe link(draft, path) }
        _ = unsafe unlink(draft)
        return SharedSecret(key)
    }

    private func write(
        _ key: borrowing SensitiveBytes, to path: String
    ) throws(SystemError) {
        let file = Descriptor(
            adopting: try attempt("open") {
                unsafe cshim_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
            })
        let raw = file.raw
        let count = unsafe key.withBytes { unsafe CShims.write(raw, $0.baseAddress, $0.count) }
        guard count == SealingKey.bytes else {
            throw SystemError(call: "write", code: count < 0 ? cshim_errno() : ENOSPC)
        }
        try attempt("fsync") { fsync(raw) }
    }
}
