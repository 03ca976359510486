/// Every option there is. Parsing, usage and `--help` are made from this table, and a test compares
/// it with mandos(8).
package enum OptionTable {
    package static let entries: [OptionEntry] = [
        OptionEntry(.help, "help", letter: "h", "show this text and exit"),
        OptionEntry(.version, "version", letter: "v", "show the version and exit"),
        OptionEntry(
            .interface, "interface", letter: "i", takes: "IF",
            "listen and announce on this network interface only"),
        OptionEntry(
            .address, "address", letter: "a", takes: "ADDRESS", "listen on this address only"),
        OptionEntry(
            .port, "port", letter: "p", takes: "PORT",
            "listen on this TCP port; 0 lets the kernel choose"),
        OptionEntry(.check, "check", "run the built-in self-tests and exit"),
        OptionEntry(
            .debug, "debug", "stay in the foreground and log all to the terminal"),
        OptionEntry(
            .debugLevel, "debuglevel", takes: "LEVEL",
            "log CRITICAL, ERROR, WARNING, INFO, or all (DEBUG)"),
        OptionEntry(.priority, "priority", takes: "STRING", "GnuTLS priority string"),
        OptionEntry(
            .serviceName, "servicename", takes: "NAME", "Zeroconf service name to announce"),
        OptionEntry(
            .configDirectory, "configdir", takes: "DIR",
            "directory of mandos.conf and clients.conf"),
        OptionEntry(.noDBus, "no-dbus", "offer no D-Bus service"),
        OptionEntry(.noIPv6, "no-ipv6", "use IPv4 only"),
        OptionEntry(.noRestore, "no-restore", "do not load the state saved by an earlier run"),
        OptionEntry(
            .socket, "socket", takes: "FD", "use this inherited file descriptor as the socket"),
        OptionEntry(.stateDirectory, "statedir", takes: "DIR", "directory of the saved state"),
        OptionEntry(
            .importState, "import-state", takes: "FILE",
            "take over state of a server in Python, and exit"),
        OptionEntry(.dryRun, "dry-run", "with --import-state: only tell what changes"),
        OptionEntry(
            .printStateDirectory, "print-statedir",
            "print the directory of the saved state, and exit"),
        OptionEntry(
            .checkState, "check-state", "tell what is wrong with the saved state, and exit"),
        OptionEntry(
            .listRevocations, "list-revocations", "list who was revoked, why and by whom, and exit"),
        OptionEntry(.foreground, "foreground", "do not become a daemon, write no PID file"),
        OptionEntry(.noZeroconf, "no-zeroconf", "announce nothing; needs a port or a socket"),
    ]

    /// The options whose long form starts with `prefix`, which is given without hyphens.
    static func entries(startingWith prefix: Substring) -> [OptionEntry] {
        entries.filter { entry in
            entry.long.withUTF8Buffer { unsafe $0.starts(with: prefix.utf8) }
        }
    }
}
