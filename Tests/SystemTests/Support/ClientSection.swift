/// A section of clients.conf.
struct ClientSection {
    let text: String

    /// - Parameters:
    ///   - secretFile: path for `secfile`.
    ///   - options: further lines.
    init(_ name: String, key: PeerKey, secretFile: String, _ options: String...) {
        self.init(name, keyID: key.keyID, secretFile: secretFile, options: options)
    }

    init(_ name: String, keyID: String, secretFile: String, options: [String] = []) {
        let lines =
            [
                "[\(name)]", "key_id = \(keyID)", "host = localhost", "checker = :",
                "secfile = \(secretFile)",
            ] + options
        text = lines.map { $0 + "\n" }.joined()
    }
}
