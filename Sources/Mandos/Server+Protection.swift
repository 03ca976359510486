internal import CShims.Linux

// Permissions that give secrets away. They are told, and left as they are.
extension Server {
    /// Many secret files may have the same fault.
    private static let protectionLinesMax = 20

    func warnOfProtection(of files: ConfigurationFiles) {
        let judge = protection
        var lines: [String] = []
        for (role, path, attributes) in files.examined {
            let kind: FileProtection.Kind =
                switch role {
                case .settings: .settings
                case .clients, .moreClients: .secrets
                case .secret: .secrets
                case .directory: .directory
                }
            // Credentials of systemd.exec(5) are like this: root's, and the server's by a list.
            if role == .secret, attributes.isReadableByRootsGroupOnly { continue }
            if let line = judge.warning(about: path, kind, attributes) { lines.append(line) }
        }
        tell(lines)
    }

    /// - Precondition: the server is the unprivileged user already.
    func warnOfProtectionOfState() {
        let directory = settings.stateDirectory
        guard let found = Self.attributes(of: directory) else { return }
        // Its command mends the modes as well.
        if let problem = StateOwnership(directory).problem { return tell([problem]) }
        let judge = protection
        var lines = [judge.warning(about: directory, .stateDirectory, found)].compactMap { $0 }
        // A file that cannot be reached needs no modes of its own.
        if found.othersMaySearch {
            for name in StateOwnership.fileNames + ["clients.pickle"] {
                let path = "\(directory)/\(name)"
                guard let file = Self.attributes(of: path) else { continue }
                if let line = judge.warning(about: path, .secrets, file) { lines.append(line) }
            }
        }
        tell(lines)
    }

    private var protection: FileProtection {
        let identity = UnprivilegedUser.current
        let isServer = geteuid() == identity.user
        return FileProtection(
            user: isServer ? identity.user : geteuid(),
            group: isServer ? identity.group : getegid())
    }

    private func tell(_ lines: [String]) {
        for line in lines.prefix(Self.protectionLinesMax) { log.warning(line) }
        let rest = lines.count - Self.protectionLinesMax
        if rest > 0 { log.warning("\(rest) more files can be read or changed by others") }
    }

    private static func attributes(of path: String) -> FileAttributes? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return FileAttributes(status)
    }
}

extension FileAttributes {
    fileprivate var isReadableByRootsGroupOnly: Bool {
        user == 0 && group == 0 && mode & 0o037 == 0
    }
}
