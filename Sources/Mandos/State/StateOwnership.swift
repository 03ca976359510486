internal import CShims.Linux

/// Whether the state directory and the files in it belong to the server, which needs no more to save,
/// and which command makes it so.
struct StateOwnership {
    let directory: String
    private let identity: UnprivilegedUser
    /// As chown(1) takes it.
    private let owner: String
    private let attributes: (String) -> FileAttributes?

    static let fileNames = [
        "clients.db", "clients.db-wal", "clients.db-shm", "clients.db-journal", "clients.key",
        "revocations.log",
    ]

    init(
        _ directory: String, of identity: UnprivilegedUser, owner: String,
        attributes: @escaping (String) -> FileAttributes?
    ) {
        self.directory = directory
        self.identity = identity
        self.owner = owner
        self.attributes = attributes
    }

    /// As the files are now, and the server of this machine.
    init(_ directory: String) {
        let identity = UnprivilegedUser.ofServer
        self.init(directory, of: identity, owner: identity.ownerText) { path in
            var status = stat()
            return unsafe stat(path, &status) == 0 ? FileAttributes(status) : nil
        }
    }

    /// One line with the command that helps, or nil. A directory that is not there yet is no problem.
    var problem: String? {
        guard let found = attributes(directory) else { return nil }
        if let text = problem(directory, found, needed: 0o700) { return text }
        for name in Self.fileNames {
            let path = "\(directory)/\(name)"
            guard let file = attributes(path) else { continue }
            if let text = problem(path, file, needed: 0o600) { return text }
        }
        return nil
    }

    /// A command that helps when something cannot be saved or read, or nil.
    var remedy: String? {
        if let problem { return problem }
        guard attributes(directory) == nil else { return nil }
        let group = owner.split(separator: ":")
        guard group.count == 2 else { return nil }
        let path = ShellQuoting.quoted(directory)
        return "run “install -d -o \(group[0]) -g \(group[1]) -m 700 \(path)”"
    }

    private func problem(_ path: String, _ file: FileAttributes, needed: UInt32) -> String? {
        if file.user != identity.user {
            return "\(path): belongs to user \(file.user), not to the server (\(owner)): \(command)"
        }
        guard file.mode & needed == needed else {
            return "\(path): the server may not use it (mode \(file.modeText)): "
                + "run “chmod u=rw\(needed & 0o100 == 0 ? "" : "x") \(ShellQuoting.quoted(path))”"
        }
        return nil
    }

    private var command: String {
        let path = ShellQuoting.quoted(directory)
        return "run “chown -R \(owner) \(path) && chmod 700 \(path)”"
    }
}
