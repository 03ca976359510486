import Foundation
import Testing

extension SystemTests {
    @Suite("D-Bus, compared with the server that Debian ships", Requirement.reference)
    struct BusDifferentialTests {
        /// The clients of Tests/DBus/compare. Nobody is checked unless asked for.
        static func clients(_ key: PeerKey) -> String {
            """
            [DEFAULT]
            interval = P1D
            timeout = PT1H
            fingerprint =
            host = localhost
            [alpha]
            key_id = \(String(repeating: "A", count: 64))
            fingerprint = 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567
            checker = true
            secret = c2VjcmV0
            [beta.x-1]
            key_id = \(key.keyID)
            checker = sleep 0.5; exit 3
            approval_delay = PT1M
            approved_by_default = no
            secret = c2VjcmV0
            [gamma]
            key_id = \(String(repeating: "c", count: 64))
            checker = true
            enabled = no
            secret = c2VjcmV0
            [delta]
            key_id = \(String(repeating: "d", count: 64))
            checker = kill -KILL $$
            secret = c2VjcmV0

            """
        }

        @Test(
            "the same calls have the same answers and signals, but for differences that are meant",
            arguments: Binary.built)
        func compare(_ binary: Binary) throws {
            let key = try PeerKey.ed25519.get()
            let stranger = try PeerKey.stranger.get()
            try SystemBus.run { referenceBus in
                let clients = Self.clients(key)
                try ReferenceServer.run(clients: clients, on: referenceBus) { reference in
                    try SystemBus.run { bus in
                        var setup = Server.Setup(binary)
                        setup.clients = clients
                        setup.busAddress = bus.address
                        try Server.run(setup) { server in
                            try bus.waitForName("se.bsnet.fukt.Mandos")
                            let comparison = try Program([
                                Repository.path("Tests/DBus/compare"),
                                Repository.path("Tests/DBus/allowed-differences"), Peer.path,
                                stranger.privateFile, key.privateFile,
                                referenceBus.address, String(reference.port), bus.address,
                                String(server.port),
                            ])
                            defer { comparison.end() }
                            let status = try comparison.waitForExit(by: Deadline(.seconds(180)))
                            let output = try comparison.output.text()
                            let error = try comparison.error.text()
                            #expect(status == 0, "\(output)\(error)")
                        }
                    }
                }
            }
        }
    }
}
