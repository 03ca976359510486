import CShims.Linux
import Foundation
import Testing

extension SystemTests {
    @Suite("The PID file", Requirement.pidFile)
    struct PIDFileTests {
        @Test(
            "9.3: is there while the daemon is, however that ends", arguments: Binary.built,
            [SIGTERM, SIGINT, SIGHUP, SIGKILL])
        func life(_ binary: Binary, _ signal: CInt) throws {
            try Daemon.run(Daemon.Setup(binary)) { daemon in
                let attributes = try FileManager.default.attributesOfItem(atPath: Daemon.pidFile)
                #expect(attributes[.posixPermissions] as? Int == 0o644)
                #expect(attributes[.ownerAccountID] as? Int == 0)
                let keeper = try daemon.keeper()
                daemon.process.send(signal)
                try daemon.process.waitForEnd()
                try keeper.waitForEnd()
                #expect(Daemon.contentOfPIDFile() == nil)
            }
        }

        @Test("of a server that is no more is replaced", arguments: Binary.built)
        func stale(_ binary: Binary) throws {
            try "123456789\n".write(toFile: Daemon.pidFile, atomically: false, encoding: .utf8)
            defer { unlink(Daemon.pidFile) }
            try Daemon.run(Daemon.Setup(binary)) { daemon in
                #expect(Daemon.contentOfPIDFile() == String(daemon.process.pid))
            }
        }

        @Test(
            "belongs to the daemon that started last, and is removed by that one alone",
            arguments: Binary.built)
        func second(_ binary: Binary) throws {
            try Daemon.run(Daemon.Setup(binary)) { first in
                let keeper = try first.keeper()
                try Daemon.run(Daemon.Setup(binary)) { second in
                    #expect(Daemon.contentOfPIDFile() == String(second.process.pid))
                    first.process.send(SIGTERM)
                    try keeper.waitForEnd()
                    #expect(Daemon.contentOfPIDFile() == String(second.process.pid))
                }
            }
        }

        @Test("that cannot be written stops nobody", arguments: Binary.built)
        func refused(_ binary: Binary) throws {
            try FileManager.default.createDirectory(
                atPath: Daemon.pidFile, withIntermediateDirectories: false)
            defer { rmdir(Daemon.pidFile) }
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let port = try ListeningSocket.findFreePort()
            let launcher = try Daemon.launch(Daemon.Setup(binary), in: directory, port: port)
            defer { launcher.end() }
            #expect(try launcher.waitForExit() == 0)
            let report = try Peer.runOne(
                "::1:\(port)", "--stop-at", "connect", "--hang-up-at", "connect")
            #expect(report.outcome == .hungUp)
            try endServer(on: port)
        }

        @Test("is not written in the foreground", arguments: Binary.built)
        func foreground(_ binary: Binary) throws {
            try Server.run(Server.Setup(binary)) { _ in
                #expect(Daemon.contentOfPIDFile() == nil)
            }
        }

        private func endServer(on port: UInt16) throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                guard let id = pid_t(name),
                    let data = FileManager.default.contents(atPath: "/proc/\(id)/cmdline"),
                    String(decoding: data, as: UTF8.self).contains("\0--port\0\(port)\0")
                else { continue }
                try ForeignProcess(id).end()
            }
        }
    }
}
