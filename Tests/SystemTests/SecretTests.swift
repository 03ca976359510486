import Testing

extension SystemTests {
    @Suite("Secrets")
    struct SecretTests {
        @Test(
            "of any size arrive complete", arguments: Binary.built,
            [0, 1, 16_384, 100_000, 5_000_000])
        func size(_ binary: Binary, _ byteCount: Int) throws {
            try OneClient.run(binary, secretByteCount: byteCount) { client in
                try client.expectService()
                try client.server.waitForLog("INFO", "machine", "secret sent")
            }
        }

        @Test(
            "300 machines at the same time all get theirs, from one address or many",
            arguments: Binary.built, [1, 300])
        func crowd(_ binary: Binary, _ sources: Int) throws {
            try OneClient.run(binary) { client in
                let baseline = try client.server.descriptorCount()
                let reports = try Peer.run(
                    client.server.ipv4, key: client.key, "--count", "300", "--sources",
                    String(sources), "--timeout", "60")
                #expect(reports.count == 300)
                for report in reports { client.expectSecret(report) }
                try client.expectDescriptors(baseline)
            }
        }

        @Test(
            "a machine that reads one byte a second is given up in the end, and holds up nobody",
            arguments: Binary.built)
        func slowReader(_ binary: Binary) throws {
            let slowKey = try PeerKey.ecdsa.get()
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let large = try SecretFile(in: directory, byteCount: 5_000_000)
            try OneClient.run(binary) {
                $0.clients += ClientSection("slow", key: slowKey, secretFile: large.path).text
                $0.settings = "send_timeout = PT5S\n"
            } _: { client in
                let slow = try Peer(
                    client.server.ipv6, key: slowKey, "--bytes-per-second", "1", "--timeout",
                    "60")
                defer { slow.program.end() }
                try client.server.waitForLog("DEBUG", "key ID", slowKey.keyID.uppercased())
                try client.expectService(within: 5)
                try client.server.waitForLog("WARNING", "slow", "not taken in time")
                try client.expectService()
            }
        }

        @Test("a machine that reads slowly gets all of it", arguments: Binary.built)
        func steadyReader(_ binary: Binary) throws {
            try OneClient.run(binary, secretByteCount: 1_000_000) { client in
                let report = try Peer.runOne(
                    client.server.ipv6, key: client.key, "--bytes-per-second", "500000")
                client.expectSecret(report)
            }
        }

        @Test(
            "a section with an error is left out and reported, the others are served",
            arguments: Binary.built)
        func badSection(_ binary: Binary) throws {
            let key = try PeerKey.ecdsa.get()
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let other = try SecretFile(in: directory, byteCount: 1000)
            try OneClient.run(binary) {
                $0.clients += "[bad]\nkey_id = 00\nhost = localhost\ntimeout = soon\n"
                $0.clients += ClientSection("other", key: key, secretFile: other.path).text
            } _: { client in
                try client.server.waitForLog("ERROR", "clients.conf:9: [bad] timeout:", "soon")
                try client.server.waitForLog("ERROR", "clients.conf:6: [bad]", "secret")
                try client.server.waitForLog("ERROR", "left out, see above: bad")
                try client.expectService()
                let report = try Peer.runOne(client.server.ipv6, key: key)
                #expect(report.sha256 == other.sha256)
            }
        }
    }
}
