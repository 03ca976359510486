import Foundation

/// What takes long to make, and is made once.
enum Fixtures {
    /// Removed when the test process ends.
    static let directory = Result {
        atexit { Fixtures.removeDirectory() }
        return try TemporaryDirectory()
    }

    private static func removeDirectory() { try? directory.get().remove() }

    /// What mandos-keygen(8) made for a machine.
    struct Machine: Sendable {
        let directory: String
        /// Section for clients.conf.
        let stanza: String
        let password: String
    }

    static let machine = Result {
        let password = "correct horse battery staple"
        let parent = try Fixtures.directory.get()
        let directory = try parent.makeDirectory("keys")
        let passwordFile = try parent.write("password", password.utf8)
        try Program.output(
            "mandos-keygen", "--dir", directory, "--name", "machine", "--force")
        let stanza = try Program.output(
            "mandos-keygen", "--dir", directory, "--name", "machine", "--no-ssh", "--passfile",
            passwordFile)
        return Machine(directory: directory, stanza: stanza, password: password)
    }
}
