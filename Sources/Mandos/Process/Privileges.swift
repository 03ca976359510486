internal import CShims.Linux

/// Who the server is once it has what only root can open.
enum Privileges {
    /// Whether one of the user IDs is root's, so that it could become root again.
    static var areRoots: Bool { users.contains(0) }

    /// Becomes the unprivileged user for good: all user and group IDs, no supplementary groups, no
    /// capability. The bounding set stays as it is, since it also bounds what a checker such as
    /// fping(8) gets by its file capabilities.
    ///
    /// A service manager that starts it as that user may hand it CAP_NET_RAW for its checkers, in
    /// the ambient set: that stays to be inherited, without effect in this process.
    ///
    /// - Returns: a warning if this process was started by somebody else, who it then stays.
    /// - Throws: when it would remain root, or keep any other right of root's.
    static func drop() throws(StartError) -> String? {
        guard areRoots else {
            let handedOver = Capabilities.ambient & Capabilities.rawSockets
            guard Capabilities.keep(toInherit: handedOver) else { throw cannotGiveUpCapabilities }
            if UnprivilegedUser.current.user == geteuid() { return nil }
            return "not started by root: running as user \(geteuid())"
        }
        try become(.current)
        try dropCapabilities()
        return nil
    }

    /// Takes the user and group IDs, all three of each, and leaves every other group.
    static func become(_ identity: UnprivilegedUser) throws(StartError) {
        let (user, group) = (identity.user, identity.group)
        guard leaveGroups(for: group), cshim_set_users(user, user, user) == 0 else {
            let reason = unsafe String(cString: cshim_error_text(cshim_errno()))
            throw StartError("cannot become user \(user): \(reason)")
        }
        guard users == [user, user, user], groups == [group, group, group] else {
            throw StartError("cannot become user \(user): the kernel says otherwise")
        }
    }

    /// The part of it that leaves the user alone. errno tells why not.
    static func leaveGroups(for group: gid_t) -> Bool {
        setgroups(0, nil) == 0 && cshim_set_groups(group, group, group) == 0
    }

    private static func dropCapabilities() throws(StartError) {
        guard Capabilities.keep(0) else { throw cannotGiveUpCapabilities }
    }

    private static var cannotGiveUpCapabilities: StartError {
        StartError("cannot give up capabilities")
    }

    /// Real, effective, saved.
    private static var users: [uid_t] {
        var ids: [uid_t] = [0, 0, 0]
        unsafe ids.withUnsafeMutableBufferPointer { unsafe cshim_get_users($0.baseAddress!) }
        return ids
    }

    private static var groups: [gid_t] {
        var ids: [gid_t] = [0, 0, 0]
        unsafe ids.withUnsafeMutableBufferPointer { unsafe cshim_get_groups($0.baseAddress!) }
        return ids
    }

    /// Keeps secrets out of core files.
    static func forbidCoreFile() { _ = cshim_forbid_core_file() }
}
