/// Finds out which permissions of a file give secrets away, or let others decide who is served.
package struct FileProtection {
    package enum Kind {
        /// Holds secrets: others may neither read nor change it.
        case secrets
        /// Holds settings, which others may read.
        case settings
        /// Holds such files, which others could replace if they may write in it.
        case directory
        /// Holds saved state: others may not even look through it.
        case stateDirectory
    }

    private let user: UInt32
    private let group: UInt32

    /// - Parameters:
    ///   - user: the server's.
    ///   - group: the server's, whose members are operators.
    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// One line with the command that helps, or nil.
    package func warning(
        about path: String, _ kind: Kind, _ file: FileAttributes
    ) -> String? {
        let owner = ownerProblem(file)
        let access = accessProblem(kind, file)
        let problems = [owner, access].compactMap { $0 }
        guard !problems.isEmpty else { return nil }
        var commands: [String] = []
        if owner != nil { commands.append("chown root \(path)") }
        if access != nil { commands.append("chmod \(Self.remedy(kind)) \(path)") }
        return "\(path): \(Self.joined(problems, " and ")) (mode \(file.modeText)): "
            + "run “\(Self.joined(commands, "; "))”"
    }

    private func ownerProblem(_ file: FileAttributes) -> String? {
        guard file.user != 0, file.user != user else { return nil }
        return "belongs to user \(file.user), who can change it"
    }

    private func accessProblem(_ kind: Kind, _ file: FileAttributes) -> String? {
        var verbs: [String] = []
        let isSticky = kind == .directory && file.isSticky
        if isSticky { return nil }
        if file.othersMayWrite {
            verbs.append("can be changed by everybody")
        } else if file.groupMayWrite {
            verbs.append("can be changed by group \(file.group)")
        }
        switch kind {
        case .settings, .directory: break
        case .secrets, .stateDirectory:
            if file.othersMayRead || kind == .stateDirectory && file.mode & 0o001 != 0 {
                verbs.append("can be read by everybody")
            } else if mayReadSecrets(file, kind), file.group != group {
                verbs.append("can be read by group \(file.group)")
            }
        }
        return verbs.isEmpty ? nil : Self.joined(verbs, ", ")
    }

    private func mayReadSecrets(_ file: FileAttributes, _ kind: Kind) -> Bool {
        file.groupMayRead || kind == .stateDirectory && file.mode & 0o010 != 0
    }

    private static func remedy(_ kind: Kind) -> String {
        switch kind {
        case .secrets, .stateDirectory: "go="
        case .settings, .directory: "go-w"
        }
    }

    private static func joined(_ parts: [String], _ separator: String) -> String {
        var text = ""
        for part in parts { text += text.isEmpty ? part : separator + part }
        return text
    }
}
