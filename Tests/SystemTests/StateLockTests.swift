import Foundation
import Testing

extension SystemTests {
    @Suite("The state directory belongs to one server", Requirement.bus)
    struct StateLockTests {
        private static func section(_ name: String, _ key: PeerKey) -> String {
            "[\(name)]\nkey_id = \(key.keyID)\nfingerprint =\nchecker = :\nsecret = c2VjcmV0\n"
        }

        private func with(
            _ binary: Binary, _ body: (LastingServer, PeerKey, PeerKey) throws -> Void
        ) throws {
            let server = try LastingServer(binary)
            defer { server.remove() }
            let (keyA, keyB) = (try PeerKey.ed25519.get(), try PeerKey.other.get())
            try server.write(
                clients: Self.section("alpha", keyA) + Self.section("beta", keyB))
            try body(server, keyA, keyB)
        }

        private func copy(_ path: String, to target: String) throws {
            let (status, _, error) = try Program.run("cp", ["-a", "-T", path, target])
            try #require(status == 0, "\(error)")
        }

        @Test(
            "an older copy that is put back while the server runs gives nobody his trust back",
            arguments: Binary.built, ["clients.db", ""])
        func olderCopy(_ binary: Binary, _ name: String) throws {
            try with(binary) { server, keyA, keyB in
                let path = server.state + (name.isEmpty ? "" : "/" + name)
                let older = server.directory.path + "/older"
                try server.run { (run) throws in
                    #expect(try run.disable("beta") == "")
                    try copy(path, to: older)
                    #expect(try run.disable("alpha") == "")
                    if name.isEmpty {
                        try FileManager.default.moveItem(atPath: path, toPath: older + "2")
                    }
                    try #require(rename(older, path) == 0)
                    #expect(try run.remove("beta") == "")
                    try run.program.error.first("its complaint") {
                        $0.contains("CRITICAL") && $0.contains("replaced while this server ran")
                    }
                }
                try server.run { (run) throws in try run.expectService(not: keyA, keyB) }
            }
        }

        @Test("a second server does not start with it, and says why", arguments: Binary.built)
        func secondServer(_ binary: Binary) throws {
            try with(binary) { server, keyA, _ in
                let clients = server.directory.path + "/clients.conf"
                let text = try String(contentsOfFile: clients, encoding: .utf8)
                // No client, so nothing is saved: there is no database to be locked.
                try server.write(clients: "")
                try server.run { (run) throws in
                    try server.write(clients: text)
                    for options in [[], ["--no-restore"]] {
                        let outcome = try server.runToEnd(options)
                        #expect(outcome.status == 1)
                        #expect(
                            outcome.error.contains("\(server.state): in use by another server"))
                    }
                    #expect(try run.add("gamma", keyA) == "")
                }
                try server.run { (run) throws in try run.expectService(of: keyA) }
            }
        }

        @Test(
            "a log that cannot be read, and a database of another branch, give nobody his trust back",
            arguments: Binary.built)
        func unreadableLog(_ binary: Binary) throws {
            try with(binary) { server, keyA, _ in
                let log = server.state + "/revocations.log"
                let older = server.directory.path + "/older"
                try server.run(endingWith: SIGTERM) { _ in }
                try copy(server.state, to: older)
                try server.run(endingWith: SIGTERM) { (run) throws in
                    #expect(try run.disable("alpha") == "")
                }
                let latest = try Data(contentsOf: URL(fileURLWithPath: log))
                try copy(older + "/clients.db", to: server.state + "/clients.db")
                let user = try FileManager.default.attributesOfItem(atPath: log)
                try #require(chown(log, 0, 0) == 0)
                let outcome = try server.runToEnd()
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("\(log): Permission denied"))
                #expect(try Data(contentsOf: URL(fileURLWithPath: log)) == latest)
                try FileManager.default.setAttributes(user, ofItemAtPath: log)
                // The other branch, from the same copy on, is as long.
                try copy(older + "/revocations.log", to: log)
                try server.run(endingWith: SIGTERM) { (run) throws in
                    #expect(try run.disable("beta") == "")
                    #expect(try run.enable("beta") == "")
                }
                try latest.write(to: URL(fileURLWithPath: log))
                try FileManager.default.setAttributes(user, ofItemAtPath: log)
                try server.run { (run) throws in
                    try run.expectService(not: keyA)
                    #expect(run.hasLogged("CRITICAL", "revoked", ": alpha"))
                }
            }
        }

        @Test(
            "a client that clients.conf lacks when the state is damaged is not new when it returns",
            arguments: Binary.built)
        func damageAndAbsence(_ binary: Binary) throws {
            try with(binary) { server, keyA, keyB in
                let clients = server.directory.path + "/clients.conf"
                let text = try String(contentsOfFile: clients, encoding: .utf8)
                try server.run(endingWith: SIGTERM) { (run) throws in
                    #expect(try run.disable("beta") == "")
                }
                for name in ["clients.db", "revocations.log"] {
                    try server.directory.write("state/\(name)", "damaged".utf8)
                }
                try server.write(clients: Self.section("alpha", keyA))
                try server.run { _ in }
                try server.write(clients: text)
                try server.run { (run) throws in
                    try run.expectService(not: keyA, keyB)
                    #expect(run.hasLogged("CRITICAL", "client beta: starts disabled"))
                    #expect(try run.enable("beta") == "")
                }
                try server.run { (run) throws in try run.expectService(of: keyB, not: keyA) }
            }
        }

        @Test(
            "looking at the state tells which added clients are left out, and gives up root before",
            arguments: Binary.built)
        func looking(_ binary: Binary) throws {
            try with(binary) { server, keyA, _ in
                try server.write(clients: "")
                try server.run { (run) throws in
                    #expect(try run.add("gamma", keyA) == "")
                }
                func look(_ option: String) throws -> (status: CInt, output: String) {
                    let (status, output, error) = try Program.run(
                        binary.path,
                        [option, "--configdir", server.directory.path]
                            + ["--statedir", server.state])
                    return (status, output + error)
                }
                #expect(try look("--check-state").status == 0)
                try FileManager.default.removeItem(atPath: server.state + "/clients.key")
                let outcome = try look("--check-state")
                #expect(outcome.status == 1)
                #expect(
                    outcome.output.contains(
                        "clients.key: is missing, so these clients are left out: gamma"))
                guard geteuid() == 0 else { return }
                try #require(chown(server.state + "/clients.db", 0, 0) == 0)
                for option in ["--check-state", "--list-revocations"] {
                    let outcome = try look(option)
                    #expect(outcome.status == 1)
                    #expect(outcome.output.contains("Permission denied"), "\(outcome.output)")
                }
            }
        }
    }
}
