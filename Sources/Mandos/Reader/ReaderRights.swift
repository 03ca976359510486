internal import CShims.Linux

/// What the reader may do: read files, and nothing else.
struct ReaderRights {
    /// Who reads what only the unprivileged user may read, if root's rights alone are left.
    private let alternative: uid_t?

    /// Gives up all else, for good. To be called in the reader, first of all.
    ///
    /// Of root only the right to read every file is kept, and the user is the unprivileged one.
    /// Where that right cannot be had, as in some containers, it stays root without capabilities,
    /// which reads what belongs to root. Whoever did not start as root stays who he is.
    ///
    /// - Parameter parent: the server, with which it ends.
    /// - Returns: nil if it could keep more than that.
    init?(
        wasRoot: Bool = Privileges.areRoots, identity: UnprivilegedUser = .current, parent: pid_t
    ) {
        let rights = Capabilities.permitted & Capabilities.readEverything
        _ = cshim_clear_bounding_set()  // it starts no programs, so this is for good measure
        if wasRoot {
            guard Self.become(identity, keeping: rights) else { return nil }
        }
        guard Capabilities.keep(rights), cshim_forbid_new_privileges() == 0 else { return nil }
        alternative = wasRoot && rights == 0 ? identity.user : nil
        // Both are reset by a change of the user.
        Privileges.forbidCoreFile()
        guard cshim_end_with_parent(SIGKILL) == 0, getppid() == parent else { return nil }
        // An old kernel has no seccomp. What is kept above is little enough.
        _ = cshim_allow_reading_only()
    }

    private static func become(_ identity: UnprivilegedUser, keeping rights: UInt64) -> Bool {
        guard Privileges.leaveGroups(for: identity.group) else { return false }
        // The real user is the unprivileged one in any case, so that the server's end reaches it.
        guard rights != 0 else { return cshim_set_users(identity.user, 0, 0) == 0 }
        return cshim_keep_capabilities() == 0
            && cshim_set_users(identity.user, identity.user, identity.user) == 0
    }

    /// Calls `body`, and once more as the other user if that one was denied access.
    func reading(
        _ body: () throws(FileError) -> SensitiveBytes
    ) throws(FileError) -> SensitiveBytes {
        do throws(FileError) {
            return try body()
        } catch {
            guard let alternative, error == .system(code: EACCES) else { throw error }
            guard seteuid(alternative) == 0 else { throw error }
            defer { seteuid(0) }
            return try body()
        }
    }
}
