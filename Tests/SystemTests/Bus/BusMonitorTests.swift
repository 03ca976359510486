import Foundation
import Testing

extension SystemTests {
    /// Debian's unmodified mandos-monitor(8), in a terminal of its own.
    @Suite("mandos-monitor", Requirement.monitor)
    struct BusMonitorTests {
        @Test("shows clients, and lets people do all they can do with it", arguments: Binary.built)
        func everything(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let key = try PeerKey.ed25519.get()
            let secret = try SecretFile(in: directory, byteCount: 100)
            try SystemBus.run { bus in
                var setup = Server.Setup(binary)
                setup.busAddress = bus.address
                setup.clients =
                    "[DEFAULT]\ninterval = P1D\n"
                    + ClientSection(
                        "asks", keyID: key.keyID, secretFile: secret.path,
                        options: ["approval_delay = PT5M", "approved_by_default = no"]
                    ).text + "[fails]\nfingerprint =\nsecret =\nchecker = exit 3\n"
                try Server.run(setup) { server in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    let screen = try Screen("mandos-monitor", environment: bus.environment)
                    defer { screen.end() }
                    try watch(screen, server, key, secret)
                }
            }
        }

        private func watch(
            _ screen: Screen, _ server: Server, _ key: PeerKey, _ secret: SecretFile
        ) throws {
            // No check has ended yet, which counts as none that succeeded.
            for name in ["asks", "fails"] {
                try screen.wait(forText: "\(name): A checker has failed! Time until client gets")
            }
            try screen.press("C")
            try screen.wait(forText: "asks: enabled")
            try approve(screen, server, key, secret)
            try screen.press("Down", "s")
            try screen.wait(
                forText: "Checker for client fails (command \"exit 3\") failed with exit")
            try screen.press("-")
            try screen.wait(forText: "fails: DISABLED")
            try screen.press("+")
            try screen.wait(forText: "fails: A checker has failed!")
            try screen.press("R")
            try screen.wait(for: "one client") { text in
                text.contains("asks: ") && !text.contains("\nfails: ") && !text.hasPrefix("fails: ")
            }
        }

        private func approve(
            _ screen: Screen, _ server: Server, _ key: PeerKey, _ secret: SecretFile
        ) throws {
            let peer = try Peer(server.ipv6, key: key, "--timeout", "60")
            defer { peer.program.end() }
            try screen.wait(forText: "asks: Denial in 0:0")
            try screen.press("a")
            #expect(try peer.reports().first?.sha256 == secret.sha256)
            try screen.wait(forText: "asks: enabled")
            let text = try screen.wait(forText: "received its secret")
            #expect(text.contains("Client asks needs approval within 300.000000 seconds"))
            let stranger = try PeerKey.stranger.get()
            _ = try Peer.runOne(server.ipv6, key: stranger)
            try screen.wait(forText: String(stranger.keyID.uppercased().prefix(40)))
        }
    }
}
