internal import CShims.Linux

/// All files of one answer of the reader. Plays back those that clients.conf names.
final class ConfigurationFiles: SecretFileReader {
    private(set) var settings: ConfigurationFile?
    private(set) var clients: ConfigurationFile?
    /// In the order of their names.
    private(set) var moreClients: [ConfigurationFile] = []
    /// All that could be looked at, in the order in which they were read. No path is there twice.
    private(set) var examined: [(role: ConfigurationFile.Role, path: String, FileAttributes)] = []
    private var examinedPaths: Set<String> = []
    /// The same file as often as it was asked for. The last is the next to be given out.
    private var secrets: [String: [ConfigurationFile]] = [:]

    /// - Returns: false if there is one for that purpose already.
    func add(_ file: ConfigurationFile) -> Bool {
        if let attributes = file.attributes, examinedPaths.insert(file.path).inserted {
            examined.append((file.role, file.path, attributes))
        }
        switch file.role {
        case .settings:
            guard settings == nil else { return false }
            settings = file
        case .clients:
            guard clients == nil else { return false }
            clients = file
        case .moreClients: moreClients.append(file)
        case .directory: break
        case .secret: secrets[file.path, default: []].append(file)
        }
        return true
    }

    /// Each is given out as often as the reader was asked for it.
    ///
    /// - Throws: what the reader met with, or EIO for a file that it does not know of.
    func read(_ path: String) throws(FileError) -> SensitiveBytes {
        guard let file = secrets[path]?.popLast() else { throw .system(code: EIO) }
        return try file.take()
    }
}
