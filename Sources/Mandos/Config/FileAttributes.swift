internal import CShims.Linux

/// Owner, group and mode of a file, see inode(7).
package struct FileAttributes: Equatable {
    /// Kind of file and permissions: `st_mode`.
    package let mode: UInt32
    package let user: UInt32
    package let group: UInt32

    package init(mode: UInt32, user: UInt32, group: UInt32) {
        self.mode = mode
        self.user = user
        self.group = group
    }

    init(_ status: stat) {
        self.init(mode: UInt32(status.st_mode), user: status.st_uid, group: status.st_gid)
    }

    package var isRegular: Bool { kind == UInt32(S_IFREG) }
    package var isDirectory: Bool { kind == UInt32(S_IFDIR) }
    package var isLink: Bool { kind == UInt32(S_IFLNK) }

    /// Where permissions are refined by an access control list, the group's bits are the most that
    /// anybody gets by it: acl(5).
    package var groupMayRead: Bool { mode & 0o040 != 0 }
    package var groupMayWrite: Bool { mode & 0o020 != 0 }
    package var othersMayRead: Bool { mode & 0o004 != 0 }
    package var othersMayWrite: Bool { mode & 0o002 != 0 }
    /// Of a directory: group and others may look through it.
    package var othersMaySearch: Bool { mode & 0o011 != 0 }
    /// Of a directory: its entries can be renamed and removed by their owners only.
    package var isSticky: Bool { mode & 0o1000 != 0 }

    /// Such as `0644`.
    package var modeText: String {
        var text = ""
        for shift in [9, 6, 3, 0] as [UInt32] { text += "\(mode >> shift & 7)" }
        return text
    }

    private var kind: UInt32 { mode & UInt32(S_IFMT) }
}
