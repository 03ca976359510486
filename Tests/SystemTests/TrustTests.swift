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

        /// As a server in Python saves it: one client, by expressions of Python for fields of both parts.
        private static func pickle(_ client: String, _ settings: String) throws -> Data {
            let script = """
                import datetime, pickle, sys
                def fields(**more):
                    span = datetime.timedelta
                    values = dict(
                        key_id="", fingerprint="", host="", checker_command=":", enabled=True,
                        timeout=span(1), interval=span(0, 120), extended_timeout=span(0, 900),
                        approval_delay=span(0), approval_duration=span(0, 1),
                        approved_by_default=True)
                    values.update(more)
                    return values
                client = fields(
                    created=datetime.datetime(2024, 1, 1), last_enabled=None, expires=None,
                    last_checked_ok=None, last_checker_status=-2, last_approval_request=None,
                    \(client))
                settings = fields(\(settings))
                data = pickle.dumps(({"alpha": client}, {"alpha": settings}), protocol=2)
                print(data.hex())
                """
            let digits = try Program.output("/usr/bin/python3", "-c", script).utf8.dropLast()
                .map { $0 < 0x40 ? $0 - 0x30 : $0 - 0x57 }
            return Data(
                stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
        }

        private func importState(_ file: String, _ server: LastingServer) throws -> String {
            let (status, output, error) = try Program.run(
                server.binary.path,
                ["--import-state", file, "--configdir", server.directory.path]
                    + ["--statedir", server.state])
            #expect(status == 0, "\(error)")
            return output
        }

        @Test(
            "row 3: state of a server in Python gives nobody back who has lost trust in either",
            .enabled(if: access("/usr/bin/python3", X_OK) == 0, "no python3"),
            arguments: Binary.built)
        func imported(_ binary: Binary) throws {
            let (keyA, keyB) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            let off = "enabled=False"
            for (client, settings) in [
                (off, off), ("key_id='\(keyB.keyID)'", "key_id='\(keyB.keyID)'"),
            ] {
                try with(binary) { server in
                    try server.write(clients: Self.section("alpha", keyA))
                    try server.run { (run) throws in #expect(try run.disable("alpha") == "") }
                    let file = try server.directory.write(
                        "p.pickle", Self.pickle(client, settings))
                    let output = try importState(file, server)
                    #expect(!output.contains("ends its revocation"), "\(output)")
                    try server.run { (run) throws in try run.expectService(not: keyA, keyB) }
                }
            }
            // The file has only a fingerprint, and clients.conf only a key ID.
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", keyA))
                let file = try server.directory.write(
                    "p.pickle", Self.pickle("enabled=False", "fingerprint='F00D'"))
                #expect(try importState(file, server).contains("client alpha: disabled"))
                try server.run { (run) throws in
                    #expect(try run.add("delta", keyB) == "")
                    try run.expectService(of: keyB, not: keyA)
                }
                let again = try importState(file, server)
                #expect(!again.contains("delta"), "\(again)")
                try server.run { (run) throws in try run.expectService(of: keyB, not: keyA) }
            }
        }

        @Test(
            "row 3: state that a server in Python has saved later keeps the server from starting",
            .enabled(if: access("/usr/bin/python3", X_OK) == 0, "no python3"),
            arguments: Binary.built)
        func laterPickle(_ binary: Binary) throws {
            let key = try PeerKey.ed25519.get()
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", key))
                try server.run(endingWith: SIGTERM) { (run) throws in #expect(try run.serves(key)) }
                let keyID = "key_id='\(key.keyID)'"
                let pickle = try server.directory.write(
                    "state/clients.pickle", Self.pickle(keyID + ", enabled=False", keyID))
                if let user = getpwnam("_mandos") {
                    chown(pickle, user.pointee.pw_uid, user.pointee.pw_gid)
                }
                func makeLater() throws {
                    try FileManager.default.setAttributes(
                        [.modificationDate: Date(timeIntervalSinceNow: 1)], ofItemAtPath: pickle)
                }
                try makeLater()
                let outcome = try server.runToEnd()
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("--import-state \(pickle)"), "\(outcome.error)")
                let check = try Program.run(
                    binary.path,
                    ["--check-state", "--configdir", server.directory.path]
                        + ["--statedir", server.state])
                #expect(check.status == 1 && check.output.contains("clients.pickle: not read"))
                #expect(try importState(pickle, server).contains("client alpha: disabled"))
                try makeLater()  // as after a copy of the directory
                try server.run { (run) throws in try run.expectService(not: key) }
            }
        }

        @Test(
            "row 12: without restoring, each revocation that ends is told",
            arguments: Binary.built)
        func notRestored(_ binary: Binary) throws {
            let (keyA, keyD) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", keyA))
                try server.run { (run) throws in #expect(try run.disable("alpha") == "") }
                try server.write(clients: Self.section("beta", keyA))
                try server.run(["--no-restore"]) { (run) throws in
                    try run.expectService(of: keyA)
                    #expect(
                        run.hasLogged(
                            "WARNING", "client beta: not restored, which ends", "as alpha"))
                    #expect(try run.remove("beta") == "")
                    #expect(try run.add("beta", keyD) == "")
                }
                try server.run(["--no-restore"]) { (run) throws in
                    try run.expectService(of: keyA, not: keyD)
                    #expect(
                        run.hasLogged("WARNING", "client beta: not restored, which ends", "removed")
                    )
                }
                try server.write(clients: Self.section("beta", keyA) + "enabled = no\n")
                try server.run { (run) throws in try run.expectService(not: keyA) }
                try server.write(clients: Self.section("beta", keyA))
                try server.run(["--no-restore"]) { (run) throws in
                    try run.expectService(of: keyA)
                    #expect(
                        run.hasLogged("WARNING", "enabled again although they were disabled: beta"))
                }
            }
        }

        @Test(
            "row 13: another file with another key, and back, keeps a key revoked",
            arguments: Binary.built)
        func keyReturns(_ binary: Binary) throws {
            let (keyA, keyD) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            try with(binary) { server in
                try server.write(clients: Self.section("alpha", keyA))
                try server.run { (run) throws in #expect(try run.disable("alpha") == "") }
                for _ in 0..<2 {
                    try server.write(clients: Self.section("alpha", keyD))
                    try server.run { (run) throws in try run.expectService(of: keyD, not: keyA) }
                    try server.write(clients: Self.section("alpha", keyA))
                    try server.run { (run) throws in
                        try run.expectService(not: keyA, keyD)
                        #expect(run.hasLogged("WARNING", "client alpha: stays without trust"))
                    }
                }
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
