import Foundation
import Testing

extension SystemTests {
    @Suite("The state directory", Requirement.root) struct StateDirectoryTests {
        /// An empty clients.conf, and `state` below.
        private func run(
            _ binary: Binary, _ options: [String], _ prepare: (String) throws -> Void
        ) throws -> (status: CInt, lines: String, state: String) {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            try directory.write("clients.conf", [])
            let state = directory.path + "/state"
            try prepare(state)
            let (status, output, error) = try Program.run(
                binary.path,
                ["--configdir", directory.path, "--statedir", state] + options)
            return (status, output + error, state)
        }

        private func make(_ state: String, _ mode: mode_t, _ name: String? = nil) {
            mkdir(state, mode)
            chmod(state, mode)
            guard let name else { return }
            _ = FileManager.default.createFile(atPath: "\(state)/\(name)", contents: Data([1]))
            chmod("\(state)/\(name)", 0o600)
        }

        @Test(
            "that was copied by root ends the start with the command that gives it to the server",
            arguments: Binary.built)
        func copied(_ binary: Binary) throws {
            let outcome = try run(binary, ["--foreground", "--no-dbus", "--no-zeroconf", "-p4711"])
            {
                make($0, 0o755, "clients.db")
            }
            try #require(getpwnam("_mandos") != nil)
            let owner = "_mandos:_mandos"
            #expect(outcome.status == 1)
            #expect(
                outcome.lines.contains(
                    "run “chown -R \(owner) \(outcome.state) && chmod 700 \(outcome.state)”"),
                "\(outcome.lines)")
            let check = try run(binary, ["--check-state"]) { make($0, 0o755, "clients.db") }
            #expect(check.status == 1)
            #expect(check.lines.contains("belongs to user 0, not to the server (\(owner))"))
        }

        @Test("in which nothing is saved has no list of revocations", arguments: Binary.built)
        func empty(_ binary: Binary) throws {
            for isThere in [true, false] {
                let outcome = try run(binary, ["--list-revocations"]) {
                    guard isThere, let user = getpwnam("_mandos") else { return }
                    make($0, 0o700)
                    chown($0, user.pointee.pw_uid, user.pointee.pw_gid)
                }
                #expect(outcome.status == 1)
                #expect(
                    outcome.lines == "mandos: \(outcome.state): nothing is saved\n",
                    "\(outcome.lines)")
            }
        }

        @Test(
            "that the server may not read is told of with the command that helps",
            arguments: Binary.built)
        func foreign(_ binary: Binary) throws {
            let outcome = try run(binary, ["--list-revocations"]) { make($0, 0o700, "clients.db") }
            #expect(outcome.status == 1)
            #expect(outcome.lines.contains("clients.db: Permission denied"))
            #expect(outcome.lines.contains("run “chown -R _mandos:_mandos"), "\(outcome.lines)")
        }

        @Test("is not looked at before the port, which has its place", arguments: Binary.built)
        func port(_ binary: Binary) throws {
            let outcome = try run(
                binary, ["--foreground", "--no-dbus", "--no-zeroconf", "--port=-1"]
            ) { make($0, 0o700) }
            #expect(outcome.lines.contains("--port: expected a port from 0 to 65535, found -1"))
            #expect(outcome.status == 1)
        }

        @Test("from which the state was lost is told of by what is left", arguments: Binary.built)
        func lost(_ binary: Binary) throws {
            let user = try #require(getpwnam("_mandos")).pointee
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let key = try PeerKey.ed25519.get()
            try directory.write(
                "clients.conf",
                ("[vault]\nkey_id = \(key.keyID)\nsecret = QUJD\napproval_delay = PT1S\n"
                    + "approved_by_default = no\n").utf8)
            let state = directory.path + "/state"
            make(state, 0o700, "clients.key")
            for path in [state, state + "/clients.key"] { chown(path, user.pw_uid, user.pw_gid) }
            let program = try Program.server(binary, configuration: directory.path, state: state)
            defer { program.end() }
            let text = program.error.lines.joined(separator: "\n")
            #expect(text.contains("CRITICAL: clients.db and revocations.log are gone"), "\(text)")
            #expect(text.contains("WARNING: need approval, which nobody can give without D-Bus"))
            #expect(text.contains("get nothing: vault"))
            program.send(SIGTERM)
            #expect(try program.waitForExit() == 0)
        }
    }
}
