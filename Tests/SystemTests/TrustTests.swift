import Foundation
import Testing

extension SystemTests {
    /// With restarts by SIGKILL: whatever was answered has to last.
    @Suite("Trust only ever shrinks by accident", Requirement.bus)
    struct TrustTests {
        private static func section(_ name: String, _ key: PeerKey) -> String {
            "[\(name)]\nkey_id = \(key.keyID)\nfingerprint =\nchecker = :\nsecret = c2VjcmV0\n"
        }

        private func with(_ binary: Binary, _ body: (LastingServer) throws -> Void) throws {
            let server = try LastingServer(binary)
            defer { server.remove() }
            try body(server)
        }

        private func list(_ server: LastingServer) throws -> String {
            let (status, output, error) = try Program.run(
                server.binary.path,
                ["--list-revocations", "--configdir", server.directory.path]
                    + ["--statedir", server.state])
            #expect(status == 0, "\(error)")
            return output
        }

        @Test(
            "row 1: a removed key stays revoked when its name is given to another",
            arguments: Binary.built)
        func nameTaken(_ binary: Binary) throws {
            let (keyA, keyD) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", keyA))
                try server.run { (run) throws in
                    #expect(try run.serves(keyA))
                    #expect(try run.remove("alpha") == "")
                    #expect(try run.add("alpha", keyD) == "")
                    try run.expectService(of: keyD, not: keyA)
                }
                try server.run { (run) throws in try run.expectService(of: keyD, not: keyA) }
                let list = try list(server)
                #expect(list.contains("alpha: removed at "))
                #expect(list.contains(" over D-Bus; key ID \(keyA.keyID.uppercased())"))
                #expect(list.contains("alpha: added at run time, not revoked"))
                // The section of a new name is the decision of an operator.
                try server.write(clients: Self.section("beta", keyA))
                try server.run { (run) throws in
                    try run.expectService(of: keyA, keyD)
                    #expect(
                        run.hasLogged("WARNING", "client beta", "ends the revocation of its key"))
                }
            }
        }

        @Test(
            "row 3: state of a server in Python that was not imported keeps the server from starting",
            arguments: Binary.built)
        func notImported(_ binary: Binary) throws {
            let key = try PeerKey.ed25519.get()
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", key))
                let pickle = try server.directory.write("state/clients.pickle", "pickle".utf8)
                let outcome = try server.runToEnd()
                #expect(outcome.status == 1)
                #expect(
                    outcome.error.contains(
                        "mandos --import-state \(pickle) --configdir \(server.directory.path) "
                            + "--statedir \(server.state)"), "\(outcome.error)")
                try server.run(["--no-restore"]) { (run) throws in #expect(try run.serves(key)) }
                try FileManager.default.removeItem(atPath: server.state + "/clients.db")
                try? FileManager.default.removeItem(atPath: server.state + "/clients.db-wal")
                for name in try FileManager.default.contentsOfDirectory(atPath: server.state) {
                    try FileManager.default.removeItem(atPath: server.state + "/" + name)
                }
                // ({}, {}) in protocol 2: nobody is in it.
                try server.directory.write(
                    "state/clients.pickle", [0x80, 0x02, 0x7D, 0x7D, 0x86, 0x2E])
                chmod(pickle, 0o644)  // as of a server that ran as the same user
                try server.run { (run) throws in #expect(try run.serves(key)) }
            }
        }

        @Test(
            "row 6: a run with another or a half-written clients.conf makes nobody forgotten",
            arguments: Binary.built)
        func otherFile(_ binary: Binary) throws {
            let (keyA, keyB) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            let both = Self.section("alpha", keyA) + Self.section("beta", keyB)
            try with(binary) { server in
                try server.write(clients: both)
                try server.run { (run) throws in
                    #expect(try run.disable("alpha") == "")
                    #expect(try run.remove("beta") == "")
                }
                for text in [Self.section("gamma", try PeerKey.stranger.get()), "", "[alpha]\n"] {
                    try server.write(clients: text)
                    try server.run(endingWith: SIGTERM) { _ in }
                }
                try server.write(clients: both)
                try server.run { (run) throws in try run.expectService(not: keyA, keyB) }
                try server.run { (run) throws in
                    #expect(try run.enable("alpha") == "")
                    #expect(try run.serves(keyA))
                    #expect(run.hasLogged("WARNING", "client alpha: enabled by", "disabled at"))
                }
                try server.run { (run) throws in try run.expectService(of: keyA, not: keyB) }
            }
        }

        @Test(
            "row 8: a client that was added lasts, and no key belongs to two clients",
            arguments: Binary.built)
        func added(_ binary: Binary) throws {
            let (keyA, keyD) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", keyA))
                try server.run { (run) throws in
                    #expect(try run.add("delta", keyD) == "")
                    #expect(
                        try run.add("second", keyD).contains("client “delta” has the same key ID"))
                    #expect(
                        try run.add("alpha", keyD).contains("there is a client “alpha” already"))
                    #expect(try run.remove("alpha") == "")
                    try run.expectService(not: keyA)
                }
                try server.run { (run) throws in
                    #expect(try run.serves(keyD))
                    #expect(run.hasLogged("INFO", "client delta: added at run time"))
                    let (_, output, _) = try run.bus.call(
                        "/", "org.freedesktop.DBus.Properties", "Get", "ss",
                        "se.recompile.Mandos.Server1", "AddedClients")
                    #expect(output == "v ao 1 \"/clients/delta\"\n")
                    #expect(try run.remove("delta") == "")
                }
                try server.run { (run) throws in try run.expectService(not: keyA, keyD) }
                try server.write(
                    clients: Self.section("one", keyD) + Self.section("two", keyD))
                try server.run { (run) throws in
                    try run.expectService(not: keyD)
                    #expect(
                        run.hasLogged("ERROR", "clients.conf:6: [two]", "clients.conf:1: [one]"))
                }
            }
        }

        @Test(
            "row 11: mandos.conf that cannot be read ends the start, and open modes are told of",
            arguments: Binary.built)
        func unreadable(_ binary: Binary) throws {
            let key = try PeerKey.ed25519.get()
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", key))
                _ = try server.directory.makeDirectory("mandos.conf")
                let outcome = try server.runToEnd()
                #expect(outcome.status == 1)
                #expect(
                    outcome.error.contains("mandos.conf: cannot be read: not a regular file"),
                    "\(outcome.error)")
                rmdir(server.directory.path + "/mandos.conf")
                chmod(server.directory.path + "/clients.conf", 0o666)
                try server.run { (run) throws in
                    #expect(run.hasLogged("WARNING", "clients.conf", "can be changed by everybody"))
                    #expect(run.hasLogged("WARNING", "clients.conf", "can be read by everybody"))
                }
            }
        }
    }
}
