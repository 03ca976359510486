import CShims.Linux
import Foundation
import Testing

extension SystemTests {
    @Suite("The daemon", Requirement.pidFile)
    struct DaemonTests {
        @Test("9.3: leads nothing, stands nowhere, and has no terminal", arguments: Binary.built)
        func surroundings(_ binary: Binary) throws {
            try Daemon.run(Daemon.Setup(binary)) { daemon in
                let process = daemon.process
                #expect(try process.workingDirectory() == "/")
                let descriptors = try process.descriptors()
                for number in 0...2 { #expect(descriptors[number] == "/dev/null") }
                #expect(getsid(process.pid) != process.pid)
                #expect(getsid(process.pid) == getpgid(process.pid))
                #expect(getsid(process.pid) != getsid(0))
                #expect(try mode_t(process.status("Umask"), radix: 8) == currentUmask)
            }
        }

        private var currentUmask: mode_t {
            let mask = umask(0)
            umask(mask)
            return mask
        }

        @Test("does not hold on to what it happens to inherit", arguments: Binary.built)
        func inherited(_ binary: Binary) throws {
            var setup = Daemon.Setup(binary)
            setup.prefix = ["sh", "-c", "exec \"$@\" 7</etc/passwd 9</etc/passwd", "sh"]
            try Daemon.run(setup) { daemon in
                let descriptors = try daemon.process.descriptors()
                #expect(!descriptors.values.contains("/etc/passwd"))
            }
        }

        static let failures:
            [(what: String, arrange: @Sendable (inout Daemon.Setup) -> Void, String)] =
                [
                    (
                        "the form of clients.conf", { $0.clients = "host = a\n" },
                        "clients.conf:1: expected"
                    ),
                    ("the form of mandos.conf", { $0.settings = "nothing\n" }, "mandos.conf:2: "),
                    (
                        "a value of mandos.conf", { $0.settings = "debug = x\n" },
                        "mandos.conf:2: [DEFAULT] debug:"
                    ),
                    (
                        "the priority", { $0.settings = "priority = NONSENSE\n" },
                        "mandos.conf:2: [DEFAULT] priority: expected a "
                    ),
                    (
                        "the log level", { $0.settings = "debuglevel = LOUD\n" },
                        "[DEFAULT] debuglevel: expected a"
                    ),
                    (
                        "a descriptor", { $0.options = ["--socket", "77"] },
                        "cannot use descriptor 77: "
                    ),
                    (
                        "an address", { $0.options = ["--port", "1", "--address", "x"] },
                        "cannot listen on address x: "
                    ),
                ]

        @Test(
            "1.6: that cannot start has the launching process say why, with status 1",
            arguments: Binary.built, failures)
        func failure(
            _ binary: Binary,
            _ row: (what: String, arrange: @Sendable (inout Daemon.Setup) -> Void, String)
        ) throws {
            var setup = Daemon.Setup(binary)
            row.arrange(&setup)
            let outcome = try Daemon.runToFailure(setup)
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.error.hasPrefix("mandos: "))
            #expect(outcome.error.contains(row.2), "\(outcome.error)")
            #expect(Daemon.contentOfPIDFile() == nil)
        }

        @Test("1.6: that finds its port taken says so, and spoils nothing", arguments: Binary.built)
        func portTaken(_ binary: Binary) throws {
            try Daemon.run(Daemon.Setup(binary)) { daemon in
                let outcome = try Daemon.runToFailure(Daemon.Setup(binary), port: daemon.port)
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("Address already in use"))
                #expect(Daemon.contentOfPIDFile() == String(daemon.process.pid))
            }
        }

        @Test(
            "1.6: a usage error has status 2, and is found before anything else",
            arguments: Binary.built)
        func usage(_ binary: Binary) throws {
            var setup = Daemon.Setup(binary)
            setup.options = []
            let outcome = try Daemon.runToFailure(setup)
            #expect(outcome.status == 2)
            #expect(outcome.error.contains("\nmandos: error: "))
        }

        @Test("that dies without a word is told of all the same", arguments: Binary.built)
        func silence(_ binary: Binary) throws {
            try PreloadedListen.run(doing: "kill(getpid(), SIGKILL);") { environment in
                var setup = Daemon.Setup(binary)
                setup.environment = environment
                let outcome = try Daemon.runToFailure(setup)
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("mandos: the daemon ended without a word"))
            }
        }

        @Test(
            "does not stay if the launching process is ended before it is ready",
            arguments: Binary.built, [SIGINT, SIGTERM])
        func interrupted(_ binary: Binary, _ signal: CInt) throws {
            let go = try TemporaryDirectory()
            defer { go.remove() }
            // Says that it is there, and waits until it is told to go on.
            let waiting = """
                close(open("\(go.path)/here", O_CREAT | O_WRONLY, 0600));
                while (access("\(go.path)/go", F_OK)) usleep(1000);
                """
            try PreloadedListen.run(doing: waiting) { environment in
                var setup = Daemon.Setup(binary)
                setup.environment = environment
                let directory = try TemporaryDirectory()
                defer { directory.remove() }
                chmod(go.path, 0o777)
                let port = try ListeningSocket.findFreePort()
                let launcher = try Daemon.launch(setup, in: directory, port: port)
                defer { launcher.end() }
                let deadline = Deadline()
                while access(go.path + "/here", F_OK) != 0 {
                    if deadline.hasPassed { throw TestFailure("it does not listen") }
                    usleep(1000)
                }
                guard let daemon = try Self.process(on: port) else {
                    throw TestFailure("there is no daemon")
                }
                defer { daemon.end() }
                launcher.send(signal)
                #expect(try launcher.waitForExit() == 128 + signal)
                try go.write("go", [])
                try daemon.waitForEnd()
                #expect(Daemon.contentOfPIDFile() == nil)
            }
        }

        /// The server on that port which is not the launching process and not a helper.
        private static func process(on port: UInt16) throws -> ForeignProcess? {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                guard let id = pid_t(name),
                    let data = FileManager.default.contents(atPath: "/proc/\(id)/cmdline"),
                    String(decoding: data, as: UTF8.self).contains("\0--port\0\(port)\0")
                else { continue }
                let process = try ForeignProcess(id)
                if try process.children().count == 2 { return process }
            }
            return nil
        }
    }
}
