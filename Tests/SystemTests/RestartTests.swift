import Foundation
import Testing

extension SystemTests {
    @Suite("A server that is killed and started again")
    struct RestartTests {
        @Test("knows who was disabled, and lets nobody else look", arguments: Binary.built)
        func disabled(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let key = try PeerKey.ed25519.get()
            let secret = try SecretFile(in: directory, byteCount: 100)
            let section = ClientSection("machine", key: key, secretFile: secret.path)
            try directory.write(
                "clients.conf",
                (section.text.replacing("checker = :", with: "checker = false")
                    + "timeout = PT1S\ninterval = PT1S\n").utf8)
            let state = try directory.makeDirectory("state")
            if geteuid() == 0, let user = getpwnam("_mandos") {
                chown(state, user.pointee.pw_uid, user.pointee.pw_gid)
            }
            let port = try ListeningSocket.findFreePort()
            let arguments = [
                binary.path, "--debug", "--configdir", directory.path, "--statedir", state,
                "--no-dbus", "--no-zeroconf", "--port", "\(port)",
            ]
            let first = try Program(arguments)
            defer { first.end() }
            try first.error.first("the end of its time") { $0.contains("machine: disabled") }
            try waitForSaving(in: state)
            first.send(SIGKILL)
            _ = try first.waitForExit()

            let second = try Program(arguments)
            defer { second.end() }
            try second.error.first("listening") { $0.contains("listening on") }
            let report = try Peer.runOne("::1:\(port)", key: key)
            #expect(report.bytes == 0)
            try second.error.first("its refusal") { $0.contains("client machine: is disabled") }
            for name in ["", "/clients.db", "/revocations.log"] {
                var status = stat()
                try #require(stat(state + name, &status) == 0)
                #expect(status.st_mode & 0o077 == 0)
            }
            second.send(SIGTERM)
            #expect(try second.waitForExit() == 0)
        }

        /// The log tells of it at the beginning of a turn, and at its end it is on the disk. It is the
        /// first thing that is saved after the start: the result of a check would wait longer.
        private func waitForSaving(in state: String) throws {
            let log = URL(fileURLWithPath: state + "/revocations.log")
            let deadline = Deadline()
            func saveCount() throws -> Int {
                let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
                return text.split(separator: "\n").count { $0.hasPrefix("= ") }
            }
            while try saveCount() < 2 {
                guard !deadline.hasPassed else { throw TestFailure("it is not saved") }
                usleep(10_000)
            }
        }
    }
}
