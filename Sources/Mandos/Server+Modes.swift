internal import CShims.Linux

// Files that others can read, or change.
extension Server {
    /// To be called with the rights that the server is started with. What cannot be looked at is
    /// told of when it is read.
    func warnOfModes() {
        let (settings, clients) = ("\(directory)/mandos.conf", "\(directory)/clients.conf")
        for path in [directory, settings, clients] {
            guard let mode = Self.mode(of: path), mode & Self.othersMayWrite != 0 else { continue }
            log.warning("\(path): others may write to it (mode \(Self.octal(mode)))")
        }
        if let mode = Self.mode(of: clients), mode & Self.othersMayRead != 0 {
            log.warning("\(clients): others may read its secrets (mode \(Self.octal(mode)))")
        }
    }

    private static let othersMayWrite: mode_t = 0o022
    /// The group may be one of the server itself.
    private static let othersMayRead: mode_t = 0o004

    /// nil if it cannot be found out.
    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & 0o7777
    }

    private static func octal(_ mode: mode_t) -> String { "0" + String(mode, radix: 8) }
}
