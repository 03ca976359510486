internal import CShims.Linux
internal import Reactor

/// Reads files as the server's user, and those that this user may not read with the rights of root,
/// if root alone could have put them there: see `RootOnlyRule`.
final class ReaderFiles: ConfigurationFileSource {
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
        try contents(of: path).takeBytes()
    }

    func contents(of path: String) throws(FileError) -> FileContents {
        let file = try open(path)
        return try files.contents(of: file)
    }

    func names(in directory: String, endingIn suffix: String) throws(FileError) -> [String] {
        let directory = try open(directory)
        return try DirectoryListing.names(in: directory, endingIn: suffix)
    }

    func attributes(ofDirectory path: String) -> FileAttributes? {
        var status = stat()
        guard unsafe stat(WorkingDirectory.absolute(path, from: base), &status) == 0 else {
            return nil
        }
        return FileAttributes(status)
    }

    private func open(_ path: String) throws(FileError) -> Descriptor {
        let absolute = WorkingDirectory.absolute(path, from: base)
        do throws(FileError) {
            return try LinuxSecretFileReader.open(absolute)
        } catch {
            guard error == .system(code: EACCES), rights.canReadMore else { throw error }
        }
        return try rights.readingMore { () throws(FileError) in
            switch try RootOnlyWalk.open(absolute) {
            case .file(let file): file
            case .directory(let directory): directory
            }
        }
    }
}
