import Testing

extension SystemTests {
    @Suite("The line with the protocol version")
    struct ProtocolLineTests {
        @Test(
            "is followed by a handshake, if it is one of these", arguments: Binary.built,
            [
                #"1\r\n"#, #"1\n"#, #" \x091\r\n"#, #"1 and anything\r\n"#, #"+1\r\n"#, #"0\r\n"#,
                #"-5\n"#, #"01\r\n"#, #"1\r\n1\r\n"#,
            ])
        func accepted(_ binary: Binary, _ line: String) throws {
            try OneClient.run(binary) { client in
                client.expectSecret(
                    try Peer.runOne(client.server.ipv6, key: client.key, "--line", line))
            }
        }

        @Test(
            "is refused without an answer, with a line in the log, if it is one of these",
            arguments: Binary.built,
            [
                #"2\r\n"#, #"2 1\n"#, #"\r\n"#, #"\n"#, #"one\r\n"#, #"1.0\r\n"#, #"1;\n"#,
                #"99999999999999999999\n"#, #"GET / HTTP/1.1\r\nHost: x\r\n\r\n"#,
                #"\x16\x03\x01\x02\x00\x01\x00\n"#, #"\xff\xfe\xc3\x28\n"#, #"1\x00\n"#,
                String(repeating: " ", count: 256) + #"1\r\n"#,
                String(repeating: "1", count: 100_000),
            ])
        func refused(_ binary: Binary, _ line: String) throws {
            try OneClient.run(binary) { client in
                let report = try Peer.runOne(
                    client.server.ipv6, key: client.key, "--line", line)
                #expect(report.outcome == .cut || report.outcome == .reset, "\(report)")
                #expect(report.rawBytes == 0)
                try client.server.waitForLog("INFO", "protocol version")
                try client.expectService()
            }
        }

        @Test("may come byte by byte", arguments: Binary.built)
        func halfLine(_ binary: Binary) throws {
            try OneClient.run(binary) { client in
                let half = try Peer(
                    client.server.ipv6, "--line", "1", "--stop-at", "line", "--timeout", "100")
                defer { half.program.end() }
                #expect(try half.waitForStop() == 1)
                try client.expectService()
            }
        }
    }
}
