import Foundation
import Testing

extension SystemTests {
    @Suite("Strangers in the log")
    struct StrangerTests {
        /// Lines above DEBUG that contain `words`, by level.
        private static func lines(_ server: Server, _ words: String) -> [LogLine] {
            server.program.error.lines.compactMap { LogLine($0) }.filter {
                $0.level != "DEBUG" && $0.message.contains(words)
            }
        }

        @Test(
            "row 9: a flood of unknown versions is five lines, and two warnings",
            arguments: Binary.built)
        func versions(_ binary: Binary) throws {
            var program: Program?
            try OneClient.run(binary) { client in
                program = client.server.program
                try Program.output(
                    Peer.path, "--connect", client.server.ipv4, "--hostile", "version-flood",
                    "--count", "4", "--again", "--timeout", "2")
                try client.expectService()
                try client.server.waitForLog("WARNING", "flood of unknown peers: ")
                #expect(
                    Self.lines(client.server, "unknown protocol version: ").allSatisfy {
                        $0.level == "INFO"
                    })
                // A minute may end meanwhile.
                #expect(Self.lines(client.server, "expected at most 1, found 9").count <= 10)
                #expect(Self.lines(client.server, "connection from 127.0.0.1").count <= 10)
            }
            let log = try #require(program).error.lines
            let warnings = log.filter {
                $0.contains(": WARNING: ") && $0.contains("flood of unknown peers")
            }
            #expect(warnings.count == 2, "\(warnings)")
            #expect(warnings.first?.contains(" of them from 127.0.0.1") == true)
            #expect(warnings.last?.contains("flood of unknown peers is over: ") == true)
            #expect(
                log.contains {
                    $0.contains(" more like this in a minute: unknown protocol version")
                })
            #expect(!log.contains { $0.contains(": ERROR: ") })
        }

        @Test("a connection without a word is no warning", arguments: Binary.built)
        func probe(_ binary: Binary) throws {
            try OneClient.run(binary) { client in
                for _ in 0..<3 {
                    _ = try Peer.run(client.server.ipv4, "--hang-up-at", "connect")
                }
                try client.server.waitForLog("INFO", "unknown protocol version")
                #expect(Self.lines(client.server, "127.0.0.1").allSatisfy { $0.level == "INFO" })
            }
        }
    }
}
