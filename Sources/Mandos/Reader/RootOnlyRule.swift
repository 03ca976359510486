/// Decides what may be opened with root's right to read every file: only what root alone could have
/// put where it is. Makes no system call.
///
/// In a directory of root's in which nobody else can write, that is all that belongs to root, links
/// as well. In a sticky one, such as /tmp, it is directories of root's only: others cannot rename or
/// remove those, nor make one, but they can make hard links to files of root's, and move links and
/// files of root's there that lay in directories of their own.
enum RootOnlyRule {
    /// - Parameters:
    ///   - directory: accepted already; nil for the root directory itself.
    ///   - entry: what was found in it.
    /// - Returns: why not, or nil.
    static func objection(
        to entry: FileAttributes, in directory: FileAttributes?
    ) -> FileRefusal.Cause? {
        guard entry.user == 0 else { return .owner(entry.user) }
        if entry.isDirectory {
            return isWritable(entry) && !entry.isSticky ? writer(of: entry) : nil
        }
        if let directory, isWritable(directory) { return .shared }
        return nil
    }

    private static func isWritable(_ directory: FileAttributes) -> Bool {
        directory.groupMayWrite || directory.othersMayWrite
    }

    private static func writer(of directory: FileAttributes) -> FileRefusal.Cause {
        directory.othersMayWrite ? .everybody : .group(directory.group)
    }
}
