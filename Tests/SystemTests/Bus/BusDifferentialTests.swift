import Foundation
import Testing

extension SystemTests {
    @Suite("D-Bus, compared with the server that Debian ships", Requirement.reference)
    struct BusDifferentialTests {
        /// The clients of Tests/DBus/compare. Nobody is checked unless asked for.
        static func clients(_ beta: PeerKey, _ epsilon: PeerKey) -> String {
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
            key_id = \(beta.keyID)
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
            [epsilon]
            key_id = \(epsilon.keyID)
            checker = true
            approval_delay = PT1M
            approved_by_default = no
            secret = c2VjcmV0

            """
        }

        @Test(
            "the same calls have the same answers and signals, but for differences that are meant",
            arguments: Binary.built)
        func compare(_ binary: Binary) throws {
            var (status, output) = try compareOnce(binary)
            // The reference server loses signals now and then, on a busy machine.
            for _ in 0..<4 where status == 2 { (status, output) = try compareOnce(binary) }
            #expect(status == 0, "\(output)")
        }

        private func compareOnce(_ binary: Binary) throws -> (status: CInt, output: String) {
            let clients = Self.clients(
                try PeerKey.ed25519.get(), try PeerKey.other.get())
            let referenceBus = try SystemBus()
            let bus = try SystemBus()
            defer { for bus in [referenceBus, bus] { bus.remove() } }
            for bus in [referenceBus, bus] { try bus.start() }
            var setup = Server.Setup(binary)
            setup.clients = clients
            setup.busAddress = bus.address
            var result: (CInt, String) = (-1, "")
            try ReferenceServer.run(clients: clients, on: referenceBus) { reference in
                try Server.run(setup) { server in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    result = try compare(
                        (referenceBus.address, reference.port), (bus.address, server.port))
                }
            }
            return result
        }

        private func compare(
            _ reference: (bus: String, port: UInt16), _ server: (bus: String, port: UInt16)
        ) throws -> (status: CInt, output: String) {
            let comparison = try Program([
                Repository.path("Tests/DBus/compare"),
                Repository.path("Tests/DBus/allowed-differences"), Peer.path,
                try PeerKey.stranger.get().privateFile, try PeerKey.ed25519.get().privateFile,
                try PeerKey.other.get().privateFile,
                reference.bus, String(reference.port), server.bus, String(server.port),
            ])
            defer { comparison.end() }
            let status = try comparison.waitForExit(by: Deadline(.seconds(180)))
            return (status, try comparison.output.text() + comparison.error.text())
        }
    }
}
