import Foundation
import Testing

extension SystemTests {
    /// Against Debian's mandos, which saves with its own pickle and restores it.
    @Suite("State of Debian's mandos", Requirement.reference)
    struct ReferenceStateTests {
        private static let long = String(repeating: "0123456789\\", count: 100)

        /// Before and after somebody has edited it. What the reference crashes on is left out.
        private static func clientsFile(isEdited: Bool) -> String {
            func client(_ name: String, _ options: String..., secret: String = "old") -> String {
                let lines = [
                    "[\(name)]", "key_id = 00", "fingerprint =", "checker = :",
                    "secret = \(Data(secret.utf8).base64EncodedString())",
                ]
                return (lines + options).map { $0 + "\n" }.joined()
            }
            let edited = isEdited ? "host = edited" : "host = original"
            return client("same", "host = original") + client("changed", "host = original")
                + client("edited", edited) + client("both", edited) + client("off")
                + client("removed") + (isEdited ? client("new") : client("gone"))
                + client("written", "timeout = \(isEdited ? "5m" : "PT300S")")
                + client("secret") + client("other-secret", secret: isEdited ? "new" : "old")
                + client("long", secret: long) + client("turned-off", "enabled = \(!isEdited)")
                + client("on", "enabled = False")
                + client("never") + client("failed") + client("well") + client("in-time")
        }

        private static func change(_ server: StatefulReference) throws {
            try server.control("--host", "changed", "changed", "both")
            try server.control("--timeout", "PT1234S", "written", "edited")
            try server.control("--disable", "off")
            try server.control("--enable", "on")
            try server.control("--remove", "removed")
            for (name, secret) in [
                ("secret", "run-time"), ("other-secret", "run"), ("long", "short"),
            ] {
                let file = try server.directory.write("new-secret", secret.utf8)
                try server.control("--secret", file, name)
            }
        }

        /// Makes times pass, in the way of whoever has Python.
        private static let aging = """
            import datetime, pickle, sys
            clients, settings = pickle.load(open(sys.argv[1], "rb"))
            past = datetime.datetime.utcnow() - datetime.timedelta(seconds=1)
            def change(name, expires, checked, status):
                clients[name].update(
                    expires=expires, last_checked_ok=checked, last_checker_status=status)
            change("never", past, None, -2)
            change("failed", past, past, 1)
            change("well", past, past, 0)
            change("in-time", past + datetime.timedelta(hours=1), past, 1)
            pickle.dump((clients, settings), open(sys.argv[1], "wb"), protocol=2)
            """

        @Test("is restored as it does itself, from its own file")
        func differential() throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let reference = try StatefulReference(in: directory)
            let state = try saved(by: reference)
            let pickle = try directory.write(
                "clients.pickle", Data(contentsOf: URL(fileURLWithPath: state + "/clients.pickle")))

            let edited = Self.clientsFile(isEdited: true)
            var expected: [String: [String: Any]] = [:]
            try reference.run(clients: edited, state: state) { expected = try $0.clients() }
            for (number, binary) in Binary.built.enumerated() {
                let ours = try stateDirectory("ours\(number)", in: directory)
                compare(try imported(pickle, by: binary, directory, ours), expected)
            }
        }

        private func imported(
            _ pickle: String, by binary: Binary, _ directory: TemporaryDirectory, _ ours: String
        ) throws -> CrashModel.Clients {
            let arguments = ["--configdir", directory.path, "--statedir", ours]
            let (status, output, error) = try Program.run(
                binary.path, ["--import-state", pickle] + arguments)
            #expect(status == 0, "\(error)")
            #expect(output.contains("client off: disabled"))
            #expect(output.contains("client other-secret: secret of clients.conf"))
            let round = try CrashRound.run(
                CrashRound.Plan(actionCount: 0), directory: ours,
                clients: directory.path + "/clients.conf")
            return try #require(round.start)
        }

        private func compare(_ ours: CrashModel.Clients, _ expected: [String: [String: Any]]) {
            for (client, fields) in ours {
                guard let other = expected[client] else {
                    #expect(fields == ["removed"], "\(client)")
                    continue
                }
                #expect((fields[0] == "enabled") == (other["Enabled"] as? Bool), "\(client)")
                guard fields.count == 4 else { continue }
                #expect(fields[1] == other["Host"] as? String, "\(client)")
                #expect(Int(fields[2]).map { $0 * 1000 } == other["Timeout"] as? Int, "\(client)")
            }
            #expect(ours.keys.count == 17 && expected.keys.count == 16)
            let secrets = ours.filter { $0.value.count == 4 }.mapValues { $0[3] }
            #expect(secrets["secret"] == "run-time")
            #expect(secrets["other-secret"] == "new")
            #expect(secrets["long"] == "short")
            #expect(secrets["same"] == "old")
        }

        /// - Returns: the directory.
        private func saved(by reference: StatefulReference) throws -> String {
            for attempt in 1...20 {
                let state = try stateDirectory("state\(attempt)", in: reference.directory)
                let isSaved = try reference.runAndSave(
                    clients: Self.clientsFile(isEdited: false), state: state, Self.change)
                guard isSaved else { continue }
                let file = state + "/clients.pickle"
                try Program.output("/usr/bin/python3", "-c", Self.aging, file)
                return state
            }
            throw TestFailure("the reference did not save its state")
        }

        private func stateDirectory(_ name: String, in parent: TemporaryDirectory) throws -> String
        {
            let path = try parent.makeDirectory(name)
            if let user = getpwnam("_mandos") {
                chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
            }
            return path
        }
    }
}
