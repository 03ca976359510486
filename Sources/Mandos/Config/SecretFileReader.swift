/// Reads the files that clients.conf names with `secfile`.
package protocol SecretFileReader: AnyObject {
    /// - Parameter path: after the expansion of variables and `~`.
    func read(_ path: String) throws(FileError) -> SensitiveBytes
}
