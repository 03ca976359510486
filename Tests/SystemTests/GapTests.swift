import Foundation
import Testing

extension SystemTests {
    /// mandos(8), CHECKING, “When nobody can check”.
    @Suite("Time in which nobody can check") struct GapTests {
        /// The length of something that only time can show.
        private func pass(seconds: Int) throws {
            _ = try Program.run("sleep", ["\(seconds)"])
        }

        private func count(_ words: String, _ program: Program) -> Int {
            program.error.lines.count { $0.contains(words) }
        }

        private func wait(for words: String, after before: Int, _ program: Program) throws {
            let deadline = Deadline()
            while count(words, program) <= before {
                guard !deadline.hasPassed else { throw TestFailure("no “\(words)”") }
                usleep(10_000)
            }
        }

        @Test(
            "a server that is stopped for longer than the timeout disables who failed, and nobody else",
            arguments: Binary.built)
        func stopped(_ binary: Binary) throws {
            let options = ["interval = PT2S", "timeout = PT6S"]
            let other = """
                [failing]
                key_id = \(String(repeating: "1", count: 64))
                host = localhost
                secret = YWJj
                checker = false
                interval = PT2S
                timeout = PT6S

                """
            let server = try StatefulServer(
                binary, options: ["checker = :"] + options, clients: other)
            defer { server.remove() }
            let program = try server.start()
            defer { program.end() }
            try wait(for: "machine: checker succeeded", after: 0, program)
            try wait(for: "failing: checker failed", after: 0, program)
            program.send(SIGSTOP)
            try pass(seconds: 8)
            let checks = count("machine: checker succeeded", program)
            program.send(SIGCONT)
            try wait(for: "nothing could be done for", after: 0, program)
            try wait(for: "failing: disabled", after: 0, program)
            try wait(for: "machine: checker succeeded", after: checks, program)
            #expect(count("machine: disabled", program) == 0)
            #expect(try server.boot() == 100)
            try server.stop(program)
        }

        @Test(
            "a client whose checks fail is not enabled for ever by restarts",
            arguments: Binary.built,
            [SIGTERM, SIGKILL])
        func restarts(_ binary: Binary, _ signal: CInt) throws {
            let server = try StatefulServer(
                binary, options: ["checker = false", "interval = PT2S", "timeout = PT6S"])
            defer { server.remove() }
            let deadline = Deadline(.seconds(60))
            var isDisabled = false
            while !isDisabled {
                let program = try server.start()
                defer { program.end() }
                try program.error.first("a failure") {
                    $0.contains("machine: checker failed") || $0.contains("machine: disabled")
                }
                isDisabled = count("machine: disabled", program) > 0
                try server.stop(program, with: signal)
                try #require(!deadline.hasPassed, "it is still enabled")
            }
            let program = try server.start()
            defer { program.end() }
            #expect(try server.boot() == 0)
            try server.stop(program)
        }

        @Test(
            "row 5: a check that failed shortly before a crash is not forgotten",
            arguments: Binary.built)
        func failedBeforeCrash(_ binary: Binary) throws {
            let mark = try TemporaryDirectory()
            defer { mark.remove() }
            let server = try StatefulServer(
                binary,
                options: [
                    "checker = test ! -e \(mark.path)/gone", "interval = PT1S", "timeout = PT6S",
                ])
            defer { server.remove() }
            let program = try server.start()
            defer { program.end() }
            try wait(for: "machine: checker succeeded", after: 0, program)
            try mark.write("gone", [])
            try wait(for: "machine: checker failed", after: 1, program)
            try server.stop(program, with: SIGKILL)
            try pass(seconds: 7)
            let second = try server.start()
            defer { second.end() }
            #expect(count("machine: disabled: its time was over", second) == 1)
            #expect(try server.boot() == 0)
            try server.stop(second)
        }

        @Test(
            "row 7: one run with a clock two years ahead is forgotten at the next start",
            Requirement.compiler, arguments: Binary.built)
        func excursion(_ binary: Binary) throws {
            let mark = try TemporaryDirectory()
            defer { mark.remove() }
            let library = "\(mark.path)/settable-clock.so"
            try Program.output(
                "cc", "-shared", "-fPIC", "-O", "-o", library,
                "\(Lab.rig)settable-clock.c")
            let other = """
                [expiring]
                key_id = \(String(repeating: "1", count: 64))
                host = localhost
                secret = YWJj
                checker = false
                interval = PT1S
                timeout = PT1S

                """
            let server = try StatefulServer(
                binary,
                options: [
                    "checker = test ! -e \(mark.path)/gone", "interval = PT1S", "timeout = PT5M",
                ], clients: other)
            defer { server.remove() }
            try mark.write("offset", "\(2 * 365 * 86_400)\n".utf8)
            chmod("\(mark.path)/offset", 0o644)
            let ahead = try server.start(environment: [
                "LD_PRELOAD=\(library)", "CLOCK_OFFSET=\(mark.path)/offset",
            ])
            defer { ahead.end() }
            try wait(for: "expiring: disabled", after: 0, ahead)
            try wait(for: "machine: checker succeeded", after: 0, ahead)
            try server.stop(ahead)

            let second = try server.start()
            defer { second.end() }
            #expect(count("the wall clock says", second) == 1)
            try mark.write("gone", [])
            try wait(for: "machine: checker failed", after: 0, second)
            try server.stop(second)

            for isLast in [false, true] {
                let next = try server.start()
                defer { next.end() }
                #expect(count("the wall clock says", next) == 0)
                #expect(count("machine: disabled", next) == 0)
                if isLast { #expect(try server.boot() == 100) }
                try server.stop(next)
            }
        }
    }
}
