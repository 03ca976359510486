import Testing

extension SystemTests {
    @Suite("A peer that hangs up")
    struct HangUpTests {
        static let phases = ["connect", "line", "hello", "handshaken", "secret"]

        @Test(
            "in any phase leaves nothing open, and disturbs nobody", arguments: Binary.built,
            phases)
        func anyPhase(_ binary: Binary, _ phase: String) throws {
            try OneClient.run(binary, secretByteCount: 5_000_000) { client in
                try client.expectService()
                let baseline = try client.server.descriptorCount()
                for manner in [[], ["--reset"]] {
                    let options = ["--count", "20", "--hang-up-at", phase] + manner
                    let reports = try Peer.run(client.server.ipv6, key: client.key, options)
                    #expect(reports.count == 20)
                    #expect(reports.allSatisfy { $0.outcome == .hungUp && $0.phase == phase })
                }
                try client.expectDescriptors(baseline)
            }
        }

        @Test("in the middle of its line is noticed at once", arguments: Binary.built)
        func halfLine(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.settings = "version_line_timeout = PT10M\n"
            } _: {
                client in
                let baseline = try client.server.descriptorCount()
                _ = try Peer.run(
                    client.server.ipv6, "--line", "1", "--hang-up-at", "line", "--reset")
                try client.expectDescriptors(baseline)
            }
        }

        @Test("while it waits for approval is noticed at once", arguments: Binary.built)
        func approval(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.clients += "approval_delay = PT10M\n"
            } _: { client in
                let waiting = try Peer(
                    client.server.ipv6, key: client.key, "--stop-at", "handshaken", "--timeout",
                    "100")
                defer { waiting.program.end() }
                #expect(try waiting.waitForStop() == 1)
                try client.server.waitForLog("INFO", "client machine", "needs approval")
                waiting.program.end()
                try client.server.waitForLog("INFO", "while it waited for approval")
            }
        }
    }
}
