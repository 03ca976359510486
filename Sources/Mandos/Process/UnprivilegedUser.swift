internal import CShims.Linux

/// Who the server is when it needs to be root no more.
struct UnprivilegedUser: Equatable {
    let user: uid_t
    let group: gid_t

    /// The first pair of which both exist is taken, see mandos(8).
    private static let candidates: [(user: StaticString, group: StaticString)] = [
        ("_mandos", "_mandos"), ("mandos", "mandos"), ("nobody", "nogroup"),
    ]

    /// Of a system where no such user is known.
    static let fallback = UnprivilegedUser(user: 65534, group: 65534)

    /// - Parameters:
    ///   - user: the ID of a user; nil if there is none of that name. Likewise `group`.
    static func choose(
        user: (String) -> uid_t?, group: (String) -> gid_t?
    ) -> UnprivilegedUser {
        for candidate in candidates {
            guard let userID = user(candidate.user.description),
                let groupID = group(candidate.group.description)
            else { continue }
            return UnprivilegedUser(user: userID, group: groupID)
        }
        return fallback
    }

    /// As a server that is started by the user of this process: root gives its rights up.
    static var ofServer: UnprivilegedUser {
        geteuid() == 0 ? current : UnprivilegedUser(user: geteuid(), group: getegid())
    }

    /// As chown(1) takes it, by names where there are any.
    var ownerText: String {
        let user = unsafe getpwuid(user).map { unsafe String(cString: $0.pointee.pw_name) }
        let group = unsafe getgrgid(group).map { unsafe String(cString: $0.pointee.gr_name) }
        return "\(user ?? "\(self.user)"):\(group ?? "\(self.group)")"
    }

    /// Of this machine.
    static var current: UnprivilegedUser {
        choose { name in
            unsafe getpwnam(name).map { unsafe $0.pointee.pw_uid }
        } group: { name in
            unsafe getgrnam(name).map { unsafe $0.pointee.gr_gid }
        }
    }
}
