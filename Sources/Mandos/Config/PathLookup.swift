/// What `$NAME` and `~user` stand for.
package protocol PathLookup: AnyObject {
    /// nil if there is no such variable.
    func variable(_ name: String) -> String?

    /// nil if there is no such user. The user of the process if `user` is nil.
    func homeDirectory(of user: String?) -> String?
}
