extension Program {
    /// A server by itself, once it listens, with all it says on standard error.
    static func server(_ binary: Binary, configuration: String, state: String) throws -> Program {
        let program = try Program([
            binary.path, "--configdir", configuration, "--statedir", state, "--no-zeroconf",
            "--no-dbus", "--debug", "--port", String(try ListeningSocket.findFreePort()),
        ])
        try program.error.first("listening") { $0.contains("INFO: listening on") }
        return program
    }
}
