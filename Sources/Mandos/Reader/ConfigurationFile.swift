/// A file as the reader found it: its bytes, to be taken once, or why there are none.
final class ConfigurationFile {
    enum Role: UInt8 {
        /// mandos.conf
        case settings = 1
        /// clients.conf
        case clients
        /// A file of the directory clients.d, or the directory itself if it cannot be listed.
        case moreClients
        /// Named by a `secfile` of clients.conf.
        case secret
        /// In which the others are. Has attributes only.
        case directory
    }

    let role: Role
    /// As the operator knows it; of a secret, as clients.conf means it.
    let path: String
    /// nil if it cannot be read, or if they are not known.
    let attributes: FileAttributes?
    private var contents: SensitiveBytes?
    private let error: FileError?

    init(
        _ role: Role, _ path: String, contents: consuming SensitiveBytes,
        _ attributes: FileAttributes? = nil
    ) {
        self.role = role
        self.path = path
        self.attributes = attributes
        self.contents = consume contents
        error = nil
    }

    init(_ role: Role, _ path: String, error: FileError) {
        self.role = role
        self.path = path
        attributes = nil
        self.error = error
    }

    /// - Precondition: not taken before.
    func take() throws(FileError) -> SensitiveBytes {
        if let error { throw error }
        return contents.take()!
    }
}
