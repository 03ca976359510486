import CShims.Linux
import Foundation
import Testing

extension SystemTests {
    @Suite("Privileges", Requirement.pidFile)
    struct PrivilegeTests {
        private static let none = "0000000000000000"
        private static let readEverything = "0000000000000004"  // CAP_DAC_READ_SEARCH
        private static let rawSockets = "0000000000002000"  // CAP_NET_RAW

        /// Started with supplementary groups, and with a right that programs inherit.
        private func setup(_ binary: Binary) -> Daemon.Setup {
            var setup = Daemon.Setup(binary)
            setup.prefix = [
                "setpriv", "--groups", "4,24", "--inh-caps", "+net_raw", "--ambient-caps",
                "+net_raw",
            ]
            return setup
        }

        private func ids(_ id: UInt32) -> String {
            Array(repeating: String(id), count: 4).joined(separator: " ")
        }

        @Test("9.2: of root nothing is left to the server", arguments: Binary.built)
        func server(_ binary: Binary) throws {
            let user = try #require(getpwnam("_mandos")).pointee
            try Daemon.run(setup(binary)) { daemon in
                let process = daemon.process
                #expect(try process.status("Uid") == ids(user.pw_uid))
                #expect(try process.status("Gid") == ids(user.pw_gid))
                let groups = try process.status("Groups")
                #expect(groups == "")
                for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
                    #expect(try process.status(set) == Self.none)
                }
                // Checkers have rights that the server does not have, such as fping's.
                #expect(try process.status("NoNewPrivs") == "0")
                #expect(try process.status("CapBnd") != Self.none)
            }
        }

        @Test("the reader may read files, and nothing else", arguments: Binary.built)
        func reader(_ binary: Binary) throws {
            let user = try #require(getpwnam("_mandos")).pointee
            try HeldReader.run(binary) { reader, server in
                #expect(try reader.status("Uid") == ids(user.pw_uid))
                #expect(try reader.status("Gid") == ids(user.pw_gid))
                #expect(try reader.status("Groups") == "")
                // Raised for single files, see RootOnlyRule.
                #expect(try reader.status("CapPrm") == Self.readEverything)
                for set in ["CapEff", "CapInh", "CapAmb", "CapBnd"] {
                    #expect(try reader.status(set) == Self.none)
                }
                #expect(try reader.status("NoNewPrivs") == "1")
                #expect(try reader.status("Seccomp") == "2")
                try expectSeparate(reader)
                #expect(try server.children().count == 1)
            }
        }

        @Test("the reader is gone when the server serves", arguments: Binary.built)
        func readerEnds(_ binary: Binary) throws {
            let setup = try ClientSetup(binary)
            try Daemon.run(setup.daemon) { daemon in
                let keeper = try daemon.keeper()
                #expect(try keeper.status("CapPrm") == Self.none)
                try setup.expectService(at: daemon.ipv6)
            }
        }

        @Test(
            "who keeps the PID file has root's name, and no right of root's",
            arguments: Binary.built)
        func keeper(_ binary: Binary) throws {
            try Daemon.run(setup(binary)) { daemon in
                let keeper = try daemon.keeper()
                #expect(try keeper.status("Uid") == ids(0))
                for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
                    #expect(try keeper.status(set) == Self.none)
                }
                #expect(try keeper.status("NoNewPrivs") == "1")
                try expectSeparate(keeper)
            }
        }

        /// Nothing open but a socket, in a session of its own.
        private func expectSeparate(_ helper: ForeignProcess) throws {
            let descriptors = try helper.descriptors()
            #expect(descriptors.count == 1)
            #expect(descriptors[0]?.hasPrefix("socket:") == true)
            #expect(getsid(helper.pid) == helper.pid)
            #expect(try helper.workingDirectory() == "/")
        }

        /// Without the right to read everything: as in some containers.
        @Test(
            "a server serves root's files also where root's rights are few", arguments: Binary.built
        )
        func fewRights(_ binary: Binary) throws {
            var setup = try ClientSetup(binary)
            setup.daemon.prefix = [
                "setpriv", "--bounding-set", "-all,+setuid,+setgid,+net_raw,+kill",
            ]
            try Daemon.run(setup.daemon) { daemon in
                try setup.expectService(at: daemon.ipv6)
                let keeper = try daemon.keeper()
                #expect(try keeper.status("CapPrm") == Self.none)
            }
        }

        @Test(
            "files for root alone are served by a server that is not root", arguments: Binary.built)
        func rootOnly(_ binary: Binary) throws {
            let setup = try ClientSetup(binary)
            try Daemon.run(setup.daemon) { daemon in
                try setup.expectService(at: daemon.ipv6)
            }
        }

        @Test("a checker has the rights of its own file", arguments: Binary.built)
        func fping(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            chmod(directory.path, 0o777)
            var setup = Daemon.Setup(binary)
            let key = try PeerKey.ed25519.get()
            let done = directory.path + "/done"
            setup.clients = """
                [machine]
                key_id = \(key.keyID)
                host = 127.0.0.1
                secret = aaaa
                interval = PT1S
                checker = fping -q -- %%(host)s && touch \(done)
                """
            try Daemon.run(setup) { _ in
                let deadline = Deadline()
                while access(done, F_OK) != 0 {
                    if deadline.hasPassed { throw TestFailure("fping has no success") }
                    usleep(10_000)
                }
            }
        }

        @Test(
            "started by somebody else it warns, and keeps no right, but hands on that to raw sockets",
            arguments: Binary.built)
        func notRoot(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            chmod(directory.path, 0o755)
            let port = try ListeningSocket.findFreePort()
            let program = try Program([
                "setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", "--inh-caps",
                "+net_raw,+dac_read_search", "--ambient-caps", "+net_raw,+dac_read_search",
                binary.path, "--configdir", directory.path, "--no-zeroconf", "--no-dbus",
                "--no-restore", "--debug", "--port", String(port),
            ])
            defer { program.end() }
            try program.error.first("a warning") {
                $0.contains("WARNING: not started by root: running as user 12345")
            }
            try program.error.first("listening") { $0.contains("INFO: listening on") }
            let process = try ForeignProcess(program.pid)
            #expect(try process.status("CapEff") == Self.none)
            for set in ["CapInh", "CapPrm", "CapAmb"] {
                #expect(try process.status(set) == Self.rawSockets)
            }
            program.send(SIGTERM)
            #expect(try program.waitForExit() == 0)
        }
    }
}
