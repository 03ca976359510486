internal import CShims.Linux
internal import Reactor

/// What the reader may do: read files, and nothing else.
///
/// It is the unprivileged user, with the rights of that user in effect. What it keeps of root's is
/// raised for single files, see `readingMore`.
struct ReaderRights {
    private enum More: Equatable {
        case nothing
        /// CAP_DAC_READ_SEARCH is permitted.
        case capability
        /// root without any capability, who reads what belongs to root.
        case root(unprivileged: uid_t)
    }

    private let more: More

    /// Gives up all else, for good. To be called in the reader, first of all.
    ///
    /// Of root only the right to read every file is kept. Where that right cannot be had, as in some
    /// containers, it can become root without capabilities again. Whoever did not start as root
    /// stays who he is.
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
        guard Capabilities.hold(rights), cshim_forbid_new_privileges() == 0 else { return nil }
        more =
            if rights != 0 {
                .capability
            } else if wasRoot {
                .root(unprivileged: identity.user)
            } else {
                .nothing
            }
        // Both are reset by a change of the user.
        Privileges.forbidCoreFile()
        guard cshim_end_with_parent(SIGKILL) == 0, getppid() == parent else { return nil }
        // An old kernel has no seccomp. What is kept above is little enough.
        _ = cshim_allow_reading_only(mayChangeUser ? 1 : 0)
    }

    private init(_ more: More) { self.more = more }

    /// For a program that reads a few files as root, before it gives up all rights: the same rule
    /// holds for it, since the unprivileged user owns some of the directories. Until `end`, it is
    /// that user.
    ///
    /// - Returns: nil if it could not become that user.
    static func borrowed(
        wasRoot: Bool = Privileges.areRoots, identity: UnprivilegedUser = .current
    ) -> ReaderRights? {
        guard wasRoot else { return ReaderRights(.nothing) }
        guard Privileges.leaveGroups(for: identity.group),
            cshim_set_users(0, identity.user, 0) == 0
        else { return nil }
        return ReaderRights(.root(unprivileged: identity.user))
    }

    /// Puts all rights into effect again that `borrowed` put aside.
    ///
    /// - Returns: whether that is so now.
    func end() -> Bool {
        switch more {
        case .nothing, .capability: true
        case .root: seteuid(0) == 0
        }
    }

    private static func become(_ identity: UnprivilegedUser, keeping rights: UInt64) -> Bool {
        guard Privileges.leaveGroups(for: identity.group) else { return false }
        // The real user is the unprivileged one in any case, so that the server's end reaches it.
        guard rights != 0 else { return cshim_set_users(identity.user, identity.user, 0) == 0 }
        return cshim_keep_capabilities() == 0
            && cshim_set_users(identity.user, identity.user, identity.user) == 0
    }

    private var mayChangeUser: Bool {
        switch more {
        case .nothing, .capability: false
        case .root: true
        }
    }

    /// Whether there is any right that is not in effect.
    var canReadMore: Bool { more != .nothing }

    /// Calls `body` with what is left of root's rights.
    ///
    /// - Precondition: `canReadMore`.
    func readingMore(
        _ body: () throws(FileError) -> Descriptor
    ) throws(FileError) -> Descriptor {
        switch more {
        case .nothing: preconditionFailure("there are no more rights")
        case .capability:
            guard Capabilities.raise(Capabilities.readEverything) else {
                throw .system(code: EACCES)
            }
            defer { precondition(Capabilities.lower(Capabilities.readEverything)) }
            return try body()
        case .root(let user):
            guard seteuid(0) == 0 else { throw .system(code: EACCES) }
            defer { precondition(seteuid(user) == 0) }
            return try body()
        }
    }
}
