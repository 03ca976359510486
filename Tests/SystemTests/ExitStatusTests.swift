import Foundation
import Testing

extension SystemTests {
    @Suite("The exit status")
    struct ExitStatusTests {
        @Test(
            "is 0 after a signal that asks the server to stop, whoever is connected",
            arguments: Binary.built, [SIGTERM, SIGINT, SIGHUP])
        func signal(_ binary: Binary, _ signal: CInt) throws {
            try Server.run(Server.Setup(binary), endingWith: signal) { server in
                let idle = try Peer(server.ipv6, "--count", "3", "--stop-at", "connect")
                #expect(try idle.waitForStop() == 3)
                try server.waitForLog("INFO", "connection from")
                server.program.send(signal)
                #expect(try idle.reports().count == 3)
            }
        }

        @Test("is 1 if the port is taken, which is said", arguments: Binary.built)
        func portTaken(_ binary: Binary) throws {
            let port = try ListeningSocket.findFreePort()
            let taken = try ListeningSocket(port: port)
            let outcome = try Server.runToEnd(Server.Setup(binary), port: port)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("cannot listen on [::]:\(port): "))
            #expect(outcome.error.contains("Address already in use"))
            _ = taken.descriptor
        }

        @Test("is 1 if mandos.conf is wrong, and all of it is said", arguments: Binary.built)
        func badSettings(_ binary: Binary) throws {
            var setup = Server.Setup(binary)
            setup.settings = "port = many\nuse_ipv6 = perhaps\nhandshake_timeout = soon\n"
            let outcome = try Server.runToEnd(setup)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("mandos.conf:2: [DEFAULT] port: expected"))
            #expect(outcome.error.contains("mandos.conf:3: [DEFAULT] use_ipv6: expected"))
            #expect(outcome.error.contains("mandos.conf:4: [DEFAULT] handshake_timeout: expected"))
        }

        @Test("is 1 if clients.conf has no form, and all of it is said", arguments: Binary.built)
        func badClients(_ binary: Binary) throws {
            var setup = Server.Setup(binary)
            setup.clients = "host = a\n[b]\nnothing\n"
            let outcome = try Server.runToEnd(setup)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("clients.conf:1:"))
            #expect(outcome.error.contains("clients.conf:3:"))
        }

        @Test(
            "is 1 for these options, with a message", arguments: Binary.built,
            [
                (["--address", "192.0.2.1"], "192.0.2.1"), (["--address", "nonsense"], "nonsense"),
                (["--port", "99999"], "99999"), (["--socket", "77"], "77"),
            ])
        func refusedOptions(_ binary: Binary, _ row: ([String], String)) throws {
            var setup = Server.Setup(binary)
            setup.options = row.0
            let outcome = try Server.runToEnd(setup)
            #expect(outcome.status == 1)
            let line = outcome.error.split(separator: "\n").compactMap { LogLine(String($0)) }
                .first { $0.level == "CRITICAL" }
            #expect(line?.message.contains(row.1) == true, "\(outcome.error)")
        }

        @Test("is 1 for a log level that there is not", arguments: Binary.built)
        func badLevel(_ binary: Binary) throws {
            var setup = Server.Setup(binary)
            setup.isQuiet = true
            setup.options = ["--debuglevel", "LOUD"]
            let outcome = try Server.runToEnd(setup)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("--debuglevel: expected a log level"))
        }

        @Test(
            "is 2 for a command line that makes no sense", arguments: Binary.built,
            [
                ["--no-zeroconf"], ["--no-zeroconf", "--port", "0"], ["--port", "many"],
                ["--socket", "x"], ["--no"], ["stray"], ["--interface"],
            ])
        func usage(_ binary: Binary, _ options: [String]) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let outcome = try Program.run(
                binary.path, ["--configdir", directory.path, "--foreground"] + options)
            #expect(outcome.status == 2)
            #expect(outcome.output.isEmpty)
            #expect(outcome.error.hasPrefix("usage: mandos "))
            #expect(outcome.error.contains("\nmandos: error: "))
        }
    }
}
