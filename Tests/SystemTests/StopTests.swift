import CShims.Linux
import Foundation
import Testing

extension SystemTests {
    /// How long it takes is not measured here: machines that run tests are slow.
    @Suite("The end", Requirement.pidFile)
    struct StopTests {
        /// Deaf, with a deaf child of its own, and noisy.
        private static let deaf =
            "trap '' TERM INT HUP; (trap '' TERM INT HUP; while :; do sleep 1; done) & while :; do "
            + "echo noise; done"

        @Test(
            "9.5: comes at once and leaves nothing behind, whatever is going on",
            arguments: Binary.built, [SIGTERM, SIGINT, SIGHUP])
        func busy(_ binary: Binary, _ signal: CInt) throws {
            let key = try PeerKey.ed25519.get()
            var setup = Daemon.Setup(binary)
            setup.settings = "max_connections_per_source = 500\n"
            setup.clients = "[DEFAULT]\ninterval = PT1S\nsecret = aaaa\n"
            for number in 1...5 {
                let keyID = number == 1 ? key.keyID : ""
                setup.clients += """
                    [m\(number)]
                    key_id = \(keyID)
                    checker = \(Self.deaf.replacingOccurrences(of: "%", with: "%%%%"))
                    approval_delay = PT10M

                    """
            }
            try Daemon.run(setup) { daemon in
                let silent = try Peer(daemon.ipv6, "--count", "50", "--stop-at", "connect")
                let halfway = try Peer(daemon.ipv6, "--count", "20", "--stop-at", "line")
                let waiting = try Peer(
                    daemon.ipv6, key: key, "--count", "5", "--stop-at", "handshaken")
                defer { for peer in [silent, halfway, waiting] { peer.program.end() } }
                for peer in [silent, halfway, waiting] { _ = try peer.waitForStop() }
                let checkers = try waitForCheckers(5, of: daemon)
                let helpers = try daemon.helpers(besides: 5)
                daemon.process.send(signal)
                for process in [daemon.process] + helpers + checkers { try process.waitForEnd() }
                #expect(Daemon.contentOfPIDFile() == nil)
            }
        }

        @Test("9.5: may come while it starts", arguments: Binary.built, [SIGTERM, SIGINT, SIGHUP])
        func starting(_ binary: Binary, _ signal: CInt) throws {
            try PreloadedListen.run(doing: "kill(getpid(), \(signal));") { environment in
                var setup = Daemon.Setup(binary)
                setup.environment = environment
                let outcome = try Daemon.runToFailure(setup)
                #expect(outcome.status == 1)
                #expect(outcome.error == "mandos: ended by a signal while it started\n")
                #expect(Daemon.contentOfPIDFile() == nil)

                setup.options = ["--port", "0", "--socket", "0", "--foreground"]
                let socket = try InheritableSocket(.bound)
                setup.standardInput = socket.descriptor
                let foreground = try Daemon.runToFailure(setup)
                #expect(foreground.status == 0)
                #expect(foreground.error.isEmpty)
            }
        }

        @Test("by SIGKILL leaves no helper behind", arguments: Binary.built)
        func killed(_ binary: Binary) throws {
            try Daemon.run(Daemon.Setup(binary)) { daemon in
                let helpers = try daemon.helpers(besides: 0)
                daemon.process.send(SIGKILL)
                for helper in helpers { try helper.waitForEnd() }
                #expect(Daemon.contentOfPIDFile() == nil)
            }
        }

        @Test(
            "that the terminal or the service manager asks of all is the server's to carry out",
            arguments: Binary.built, [SIGTERM, SIGINT, SIGHUP])
        func helpersAreDeaf(_ binary: Binary, _ signal: CInt) throws {
            let setup = try ClientSetup(binary)
            try Daemon.run(setup.daemon) { daemon in
                let helpers = try daemon.helpers(besides: 0)
                for helper in helpers { helper.send(signal) }
                try setup.expectService(at: daemon.ipv6)
                for helper in helpers { #expect(!helper.isGone) }
            }
        }

        /// All processes of the checkers, once so many shells run.
        private func waitForCheckers(_ count: Int, of daemon: Daemon) throws -> [ForeignProcess] {
            let deadline = Deadline()
            while true {
                let shells = try daemon.process.children().filter { try $0.isShell }
                let all = try shells + shells.flatMap { try $0.children() }
                if shells.count == count, all.count >= 2 * count { return all }
                if deadline.hasPassed { throw TestFailure("\(all.count) processes of checkers") }
                usleep(10_000)
            }
        }
    }
}

extension Daemon {
    /// The reader is none of them: it ends by itself, when the server has what it needs.
    fileprivate func helpers(besides checkers: Int) throws -> [ForeignProcess] {
        let deadline = Deadline()
        while true {
            let children = try process.children()
            if children.count == 1 + checkers { return try children.filter { try !$0.isShell } }
            if deadline.hasPassed { throw TestFailure("\(children.count) children") }
            usleep(1_000)
        }
    }
}

extension ForeignProcess {
    fileprivate var isShell: Bool {
        get throws { ["sh", "dash"].contains(try status("Name")) }
    }
}
