internal import CShims.Linux

/// Where paths start that do not start with a slash.
enum WorkingDirectory {
    /// `/` if it is out of sight, such as one that was removed.
    static var current: String {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    static func absolute(_ path: String, from base: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/") else { return path }
        return base.utf8.last == UInt8(ascii: "/") ? base + path : "\(base)/\(path)"
    }
}
