/// Reads files with the rights of the reader.
final class ReaderFiles: SecretFileReader {
    private let rights: ReaderRights
    private let base: String
    private let files = LinuxSecretFileReader()

    /// - Parameter base: where a path without a slash in front starts: the directory in which the
    ///   server was started, which the reader itself has left.
    init(_ rights: ReaderRights, base: String) {
        self.rights = rights
        self.base = base
    }

    func read(_ path: String) throws(FileError) -> SensitiveBytes {
        let absolute = WorkingDirectory.absolute(path, from: base)
        return try rights.reading { () throws(FileError) in try files.read(absolute) }
    }
}
