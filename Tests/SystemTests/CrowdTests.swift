import Testing

extension SystemTests {
    @Suite("Connections that say nothing")
    struct CrowdTests {
        @Test(
            "5000 of them do not keep an honest machine from its secret, with 1024 descriptors",
            arguments: Binary.built, [1, 5000])
        func flood(_ binary: Binary, _ sources: Int) throws {
            try OneClient.run(binary) {
                $0.descriptorsMax = 1024
                $0.isQuiet = true
            } _: { client in
                let idle = try Peer(
                    client.server.ipv4, "--count", "5000", "--sources", String(sources),
                    "--stop-at", "connect", "--timeout", "100")
                defer { idle.program.end() }
                try client.expectService(within: 5)
                _ = try idle.waitForStop()
                try client.expectService(within: 5)
                try client.expectService(at: client.server.ipv4, within: 5)
            }
        }

        @Test("they are closed when their time is over", arguments: Binary.built)
        func timeout(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.settings = "version_line_timeout = PT1S\nhandshake_timeout = PT1S\n"
            } _: { client in
                let baseline = try client.server.descriptorCount()
                for phase in ["connect", "line", "hello"] {
                    let reports = try Peer.run(
                        client.server.ipv4, key: client.key, "--count", "50", "--stop-at", phase)
                    #expect(reports.count == 50)
                    #expect(reports.allSatisfy { $0.outcome == .cut || $0.outcome == .reset })
                }
                try client.server.waitForLog("INFO", "sent no protocol version")
                try client.server.waitForLog("WARNING", "handshake took too long")
                try client.expectDescriptors(baseline)
            }
        }

        @Test("each of them costs at most 1 KiB of memory", arguments: Binary.built)
        func memory(_ binary: Binary) throws {
            let count = 900
            try OneClient.run(binary) {
                $0.descriptorsMax = 2048
                $0.isQuiet = true
                $0.settings = "version_line_timeout = PT10M\n"
            } _: { client in
                // What is allocated once, is.
                try client.expectService(at: client.server.ipv4)
                let before = try client.server.residentBytes()
                let idle = try Peer(
                    client.server.ipv4, "--count", String(count), "--sources", String(count),
                    "--stop-at", "connect", "--timeout", "100")
                defer { idle.program.end() }
                #expect(try idle.waitForStop() == count)
                // Whoever comes after them is accepted after them.
                try client.expectService(at: client.server.ipv4)
                try client.expectConnections { count }
                let growth = try client.server.residentBytes() - before
                print("\(binary.path): \(growth / count) bytes for each idle connection")
                #expect(growth <= 1024 * count)
            }
        }

        @Test(
            "once one source has more than its share, its oldest make room for others of it",
            arguments: Binary.built)
        func share(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.settings = "max_connections_per_source = 8\nversion_line_timeout = PT10M\n"
            } _: { client in
                let share = 8
                let idle = try Peer(
                    client.server.ipv4, "--count", String(share), "--stop-at", "connect",
                    "--timeout", "100")
                defer { idle.program.end() }
                #expect(try idle.waitForStop() == share)
                let deadline = Deadline()
                var others = 0
                while client.server.dropped == 0, !deadline.hasPassed {
                    try client.expectService(at: client.server.ipv4)
                    others += 1
                }
                // From elsewhere, nobody is in anybody's way.
                for _ in 0..<3 { try client.expectService() }
                try client.expectConnections { share - client.server.dropped }
                #expect((1...others).contains(client.server.dropped))
            }
        }
    }
}

extension Server {
    fileprivate var dropped: Int {
        program.error.lines.count { $0.contains("dropped: too many") }
    }
}
