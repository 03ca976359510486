import CShims.Linux
import Foundation
import Testing

/// Contract of mandos(8): --socket, --interface, --address.
extension SystemTests {
    @Suite("The listening socket", Requirement.pidFile)
    struct SocketTests {
        /// Has the launching process find what is its standard input as descriptor `number`.
        private static func passing(_ number: Int) -> [String] {
            number == 0 ? [] : ["sh", "-c", "exec \"$@\" \(number)<&0 </dev/null", "sh"]
        }

        static let descriptors = [0, 1, 2, 7]

        @Test(
            "9.6: may be inherited in any state, as any descriptor", arguments: Binary.built,
            descriptors)
        func inherited(_ binary: Binary, _ number: Int) throws {
            for state in InheritableSocket.State.allCases {
                let socket = try InheritableSocket(state)
                var setup = try ClientSetup(binary)
                setup.daemon.standardInput = socket.descriptor
                setup.daemon.prefix = Self.passing(number)
                setup.daemon.options = ["--socket", String(number)]
                try Daemon.run(setup.daemon) { _ in
                    try setup.expectService(at: "::1:\(socket.port)")
                }
            }
        }

        @Test(
            "2.2: named in mandos.conf among the standard descriptors outlives them",
            arguments: Binary.built, [0, 1, 2])
        func fromFile(_ binary: Binary, _ number: Int) throws {
            let socket = try InheritableSocket(.bound)
            var setup = try ClientSetup(binary)
            setup.daemon.standardInput = socket.descriptor
            setup.daemon.prefix = Self.passing(number)
            setup.daemon.settings = "socket = \(number)\n"
            setup.daemon.options = []
            try Daemon.run(setup.daemon) { daemon in
                try setup.expectService(at: "::1:\(socket.port)")
                #expect(try daemon.process.descriptors()[number] == "/dev/null")
            }
        }

        @Test("9.6: may be an IPv4 socket although IPv6 is on", arguments: Binary.built)
        func ipv4(_ binary: Binary) throws {
            for state in InheritableSocket.State.allCases {
                let socket = try InheritableSocket(state, family: AF_INET)
                var setup = try ClientSetup(binary)
                setup.daemon.standardInput = socket.descriptor
                setup.daemon.options = ["--socket", "0"]
                try Daemon.run(setup.daemon) { _ in
                    try setup.expectService(at: "127.0.0.1:\(socket.port)")
                }
            }
        }

        @Test("9.6: that was inherited without address gets the port", arguments: Binary.built)
        func inheritedWithPort(_ binary: Binary) throws {
            let socket = try InheritableSocket(.unbound)
            let port = try ListeningSocket.findFreePort()
            var setup = try ClientSetup(binary)
            setup.daemon.standardInput = socket.descriptor
            setup.daemon.options = ["--socket", "0", "--port", String(port)]
            try Daemon.run(setup.daemon) { _ in
                #expect(socket.port == port)
                try setup.expectService(at: "::1:\(port)")
            }
        }

        @Test("9.6: that is bound already cannot be bound", arguments: Binary.built)
        func boundTwice(_ binary: Binary) throws {
            let socket = try InheritableSocket(.bound)
            var setup = Daemon.Setup(binary)
            setup.standardInput = socket.descriptor
            setup.options = ["--socket", "0", "--port", "1234"]
            let outcome = try Daemon.runToFailure(setup)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("cannot listen on [::]:1234: bind: Invalid argument"))
        }

        static let unusableOnes: [(options: [String], message: String)] = [
            (["--socket", "77"], "cannot use descriptor 77: fcntl: Bad file descriptor"),
            (["--socket", "-1"], "cannot use descriptor -1: fcntl: Bad file descriptor"),
            (["--socket", "0"], "cannot use descriptor 0: listen: Socket operation on non-socket"),
        ]

        @Test("9.6: that is none is said", arguments: Binary.built, unusableOnes)
        func unusable(_ binary: Binary, _ row: (options: [String], message: String)) throws {
            var setup = Daemon.Setup(binary)
            setup.options = row.options
            let outcome = try Daemon.runToFailure(setup)
            #expect(outcome.status == 1)
            #expect(outcome.error == "mandos: \(row.message)\n")
        }

        /// In a network of its own, in which the loopback interface has such an address.
        private static let linkLocal = [
            "unshare", "--net", "sh", "-c",
            "ip link set lo up && ip address add fe80::1/64 dev lo nodad && exec \"$@\"", "sh",
        ]

        static let linkLocalOptions: [[String]] = [
            ["--address", "fe80::1%lo"], ["--address", "fe80::1", "--interface", "lo"],
            ["--address", "fe80::1%lo", "--interface", "lo"],
        ]

        @Test(
            "9.6: may have a link-local address, whose interface is part of it or an option",
            Requirement.networkNamespaces, arguments: Binary.built, linkLocalOptions)
        func linkLocal(_ binary: Binary, _ options: [String]) throws {
            var setup = Daemon.Setup(binary)
            setup.prefix = Self.linkLocal
            setup.options = options + ["--port", "4711"]
            try Daemon.run(setup) { daemon in
                let sockets = try String(
                    contentsOfFile: "/proc/\(daemon.process.pid)/net/tcp6", encoding: .utf8)
                // fe80::1 in words of the machine, and the port; 0A is LISTEN.
                #expect(sockets.contains("000080FE000000000000000001000000:1267"))
            }
        }

        @Test(
            "9.6: needs an interface for a link-local address", Requirement.networkNamespaces,
            arguments: Binary.built)
        func linkLocalAlone(_ binary: Binary) throws {
            var setup = Daemon.Setup(binary)
            setup.prefix = Self.linkLocal
            setup.options = ["--address", "fe80::1", "--port", "4711"]
            let outcome = try Daemon.runToFailure(setup)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("cannot listen on [fe80::1]:4711: bind: Invalid"))
        }

        @Test("9.6: is bound to its interface, or says that it is not", arguments: Binary.built)
        func interface(_ binary: Binary) throws {
            for (name, isThere) in [("lo", true), ("no-such-if", false)] {
                var setup = Server.Setup(binary)
                setup.options = ["--interface", name]
                try Server.run(setup) { server in
                    #expect(
                        server.hasLogged("ERROR: cannot bind to interface \(name): ") == !isThere)
                }
            }
        }

        /// As a user who may not, on a socket that is bound to another interface.
        @Test("9.6: EPERM at the interface is an error in the log", arguments: Binary.built)
        func interfaceNotPermitted(_ binary: Binary) throws {
            let socket = try InheritableSocket(.unbound)
            let name = Array("lo".utf8)
            #expect(
                setsockopt(socket.descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, 2) == 0)
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            chmod(directory.path, 0o755)
            let program = try Program(
                [
                    "setpriv", "--reuid", "12345", "--clear-groups", binary.path, "--configdir",
                    directory.path, "--no-zeroconf", "--no-dbus", "--no-restore", "--debug",
                    "--socket", "0", "--interface", "lo",
                ], standardInput: socket.descriptor)
            defer { program.end() }
            try program.error.first("an error") {
                $0.contains("ERROR: cannot bind to interface lo: ") && $0.contains("not permitted")
            }
            try program.error.first("listening") { $0.contains("INFO: listening on") }
        }
    }
}

extension Requirement {
    static let networkNamespaces: ConditionTrait = .enabled("cannot make network namespaces") {
        try Program.run("unshare", ["--net", "ip", "link", "set", "lo", "up"]).status == 0
    }
}
