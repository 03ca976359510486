/// The self-tests of `--check`: whether this binary, on this machine and with its libraries, does
/// what it has to. They need no root, no network and no configuration.
package enum SelfTest {
    struct Case {
        let name: StaticString
        /// Returns what was wrong, or nil.
        let body: () -> String?
    }

    private static var cases: [Case] {
        [
            Case(name: "durations: both forms", body: durations),
            Case(name: "durations: refusals", body: refusedDurations),
            Case(name: "grammar: a file with every construct", body: grammar),
            Case(name: "grammar: a file with errors", body: grammarErrors),
            Case(name: "expansion: start-time and run-time", body: expansion),
            Case(name: "quoting: shell words", body: quoting),
            Case(name: "base64: secrets", body: base64),
            Case(name: "key ID: text forms", body: keyIDs),
            Case(name: "TLS: priority strings", body: priorities),
            Case(name: "TLS: handshake with a raw key, and its key ID", body: handshake),
        ]
    }

    /// Runs those whose names start with `prefix`, and reports on standard error.
    ///
    /// - Returns: the exit status: 0 if all passed, else 1.
    package static func run(prefix: String?) -> CInt {
        let chosen = cases.filter {
            $0.name.description.utf8.starts(with: (prefix ?? "").utf8)
        }
        guard !chosen.isEmpty else {
            StandardStream.printError("no test has a name that starts with “\(prefix ?? "")”\n")
            return 1
        }
        var failed = 0
        for test in chosen {
            if let problem = test.body() {
                failed += 1
                StandardStream.printError("not ok: \(test.name): \(problem)\n")
            } else {
                StandardStream.printError("ok: \(test.name)\n")
            }
        }
        StandardStream.printError("\(chosen.count - failed) passed, \(failed) failed\n")
        return failed == 0 ? 0 : 1
    }
}
