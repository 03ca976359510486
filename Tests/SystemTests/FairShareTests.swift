import Foundation
import Testing

extension SystemTests {
    /// Attacks by strangers, and with stolen keys, while honest machines boot.
    @Suite("A stranger costs no more than a stranger's share")
    struct FairShareTests {
        /// A machine that is served beside an attack waits for no deadline, nor for a pause.
        private static let atOnce = 5

        private func attack(
            _ client: OneClient, _ kind: String, _ options: String...
        ) throws -> Peer {
            try Peer(
                client.server.ipv4, key: client.key,
                options: ["--hostile", kind, "--timeout", "100", "--again"] + options)
        }

        private func expectEnd(of server: Server) throws {
            let start = ContinuousClock.now
            server.program.send(SIGTERM)
            #expect(try server.program.waitForExit() == 0)
            print("ended after \(ContinuousClock.now - start)")
        }

        @Test(
            "row 4: one source, or 64, that stall after their lines and come again do not keep others",
            arguments: Binary.built, [1, 64])
        func lineStall(_ binary: Binary, _ sources: Int) throws {
            try OneClient.run(binary) {
                $0.descriptorsMax = 4096
                $0.isQuiet = true
            } _: { client in
                let hostile = try attack(
                    client, "line-stall", "--count", "6000", "--sources", String(sources))
                defer { hostile.program.end() }
                try client.expectFullHouse(atLeast: 900)
                // From another source than the attack, which comes from 127.0.0.1 or 127.0.1.1 to 64.
                for _ in 0..<10 { try client.expectService(within: Self.atOnce) }
                try expectEnd(of: client.server)
            }
        }

        @Test(
            "row 7: nor do 10 000 sources with a connection each, not even while all of them are new",
            arguments: Binary.built, [1024, 4096])
        func manySources(_ binary: Binary, _ descriptors: Int) throws {
            try OneClient.run(binary) {
                $0.descriptorsMax = descriptors
                $0.isQuiet = true
            } _: { client in
                let hostile = try attack(client, "many-sources", "--count", "10000")
                defer { hostile.program.end() }
                try client.expectFullHouse(atLeast: 700)
                for _ in 0..<20 { try client.expectService() }
                try expectEnd(of: client.server)
            }
        }

        @Test(
            "row 5: a handshake of three seconds is served beside 2000 sources that come again",
            arguments: Binary.built)
        func slowHandshake(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.descriptorsMax = 1024
            } _: { client in
                // One that is there before the others, and one that comes later.
                let first = try slowMachine(client)
                defer { first.program.end() }
                try client.server.waitForLog("DEBUG", "sent its protocol version")
                let hostile = try attack(client, "many-sources", "--count", "2000")
                defer { hostile.program.end() }
                try client.expectFullHouse(atLeast: 700)
                _ = try first.program.waitForExit()
                let second = try slowMachine(client)
                defer { second.program.end() }
                _ = try second.program.waitForExit()
                #expect(client.server.secretsSent == 2)
                try expectEnd(of: client.server)
            }
        }

        private func slowMachine(_ client: OneClient) throws -> Peer {
            try Peer(client.server.ipv6, key: client.key, "--hostile", "slow-handshake")
        }

        @Test("row 5: of 600 machines of one address, none is dropped", arguments: Binary.built)
        func rack(_ binary: Binary) throws {
            try OneClient.run(binary) {
                $0.isQuiet = true
            } _: { client in
                let reports = try Peer.run(
                    client.server.ipv4, key: client.key, "--count", "600", "--timeout", "60")
                #expect(reports.count == 600)
                for report in reports { client.expectSecret(report) }
            }
        }

        @Test(
            "row 6: 1030 connections of a client that wait for approval keep nobody out",
            arguments: Binary.built)
        func knownClient(_ binary: Binary) throws {
            let other = try PeerKey.stranger.get()
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let secret = try SecretFile(in: directory, byteCount: 100)
            try OneClient.run(binary) {
                $0.clients += "approval_delay = PT10M\n"
                $0.clients += ClientSection("other", key: other, secretFile: secret.path).text
            } _: { client in
                let hostile = try Peer(
                    client.server.ipv4, key: client.key, "--hostile", "known-client-flood",
                    "--count",
                    "1030", "--timeout", "100")
                defer { hostile.program.end() }
                try client.server.waitForLog(
                    "INFO", "client machine: dropped for a newer connection of the same client")
                for _ in 0..<5 {
                    let report = try Peer.runOne(
                        client.server.ipv6, key: other, "--timeout", String(Self.atOnce))
                    #expect(report.outcome == .orderly)
                    #expect(report.sha256 == secret.sha256)
                }
                try expectEnd(of: client.server)
            }
        }
    }
}

extension OneClient {
    /// Waits until an attack has taken that many descriptors of the server.
    fileprivate func expectFullHouse(atLeast count: Int) throws {
        let deadline = Deadline()
        while try server.descriptorCount() < count, !deadline.hasPassed { usleep(10_000) }
        #expect(!deadline.hasPassed)
    }
}

extension Server {
    fileprivate var secretsSent: Int { program.error.lines.count { $0.contains("secret sent to") } }
}
