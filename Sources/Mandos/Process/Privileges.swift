internal import CShims.Linux

/// Who the server is once it has what only root can open.
enum Privileges {
    /// The first of these that exists, see mandos(8), FILES.
    private static let users: [StaticString] = ["_mandos", "mandos", "nobody"]
    private static let nobody: (user: uid_t, group: gid_t) = (65534, 65534)

    /// Becomes that user for good: user, group, and no supplementary groups.
    ///
    /// - Returns: a warning if this process was not started by root and stays who it is.
    /// - Throws: when it is root and would remain so.
    static func drop() throws(StartError) -> String? {
        guard geteuid() == 0 else { return "not started by root: running as user \(geteuid())" }
        let (user, group) = unprivileged
        guard setgroups(0, nil) == 0, setgid(group) == 0, setuid(user) == 0 else {
            let reason = unsafe String(cString: cshim_error_text(cshim_errno()))
            throw StartError("cannot become user \(user): \(reason)")
        }
        return nil
    }

    private static var unprivileged: (user: uid_t, group: gid_t) {
        for name in users {
            guard let entry = unsafe getpwnam(name.description) else { continue }
            return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
        }
        return nobody
    }

    /// Keeps secrets out of core files.
    static func forbidCoreFile() { _ = cshim_forbid_core_file() }
}
