import Foundation
import Testing

extension SystemTests {
    /// Counts, which do not depend on how busy the machine is. See `Benchmarks/RESULTS.md`.
    @Suite("What a secret costs")
    struct CostTests {
        /// Two runs differ by this many secrets, and by nothing else.
        private static let few = 10
        private static let many = 40

        /// At most so many of each system call for one secret, one machine after the other, when each
        /// message of the machine arrives by itself.
        private static let callsMax: [String: Double] = [
            // The connection, and once more to find out that no other one waits.
            "accept4": 2,
            // Added, and removed before it is closed.
            "epoll_ctl": 2,
            // The line, which may not be there yet; three packets of the machine, and that there is no
            // more; the goodbye.
            "read": 7,
            // The first message; the record for old middleboxes (RFC 8446, D.4), which goes out once
            // the machine answers; the last message, the secret and the goodbye together.
            "sendto": 3,
            // Until each of what is read is there.
            "epoll_wait": 7,
            // Whether the machine has acknowledged its secret.
            "ioctl": 1,
            "close": 1,
            // When the nearest deadline is another one.
            "timerfd_settime": 2,
        ]

        @Test(
            "is a known number of system calls, and none that is not known", Requirement.strace,
            arguments: Binary.built)
        func calls(_ binary: Binary) throws {
            let few = try countCalls(binary, secrets: Self.few)
            let many = try countCalls(binary, secrets: Self.many)
            for (call, count) in many {
                let each = Double(count - few[call, default: 0]) / Double(Self.many - Self.few)
                #expect(each <= Self.callsMax[call, default: 0] + 0.2, "\(call)")
            }
            #expect(many["accept4", default: 0] > Self.many, "strace has seen nothing")
        }

        @Test(
            "is at most 165 allocations, of which GnuTLS makes 123", Requirement.compiler,
            arguments: Binary.built)
        func allocations(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let library = directory.path + "/count.so"
            try Program.output("cc", "-O2", "-shared", "-fPIC", "-o", library, Self.counterSource)
            let file = directory.path + "/count"
            try OneClient.run(binary) {
                $0.wrapper = ["env", "LD_PRELOAD=\(library)", "ALLOCATIONS=\(file)"]
                $0.isQuiet = true
            } _: { client in
                for _ in 0..<Self.few { try client.expectService(at: client.server.ipv4) }
                let before = try Self.count(in: file)
                for _ in 0..<Self.few { try client.expectService(at: client.server.ipv4) }
                let each = (try Self.count(in: file) - before) / Self.few
                print("\(binary.path): \(each) allocations for each secret")
                #expect((1...165).contains(each))
            }
        }

        private static let counterSource = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appendingPathComponent(
                "../../Benchmarks/count-allocations.c"
            ).path

        private static func count(in file: String) throws -> Int {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        private func countCalls(_ binary: Binary, secrets: Int) throws -> [String: Int] {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let path = directory.path + "/report"
            try OneClient.run(binary) {
                $0.wrapper = ["strace", "-D", "-f", "-c", "-o", path]
                $0.isQuiet = true
            } _: { client in
                for _ in 0..<secrets { try client.expectService(at: client.server.ipv4) }
            }
            var counts: [String: Int] = [:]
            for line in try waitForReport(path).split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count >= 5, let calls = Int(fields[3]), let name = fields.last,
                    name != "total"
                else { continue }
                counts[String(name)] = calls
            }
            return counts
        }

        /// strace is nobody's child here, so that nothing tells when it has ended.
        private func waitForReport(_ path: String) throws -> String {
            let deadline = Deadline()
            while !deadline.hasPassed {
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                if text.contains(" total") { return text }
                usleep(10_000)
            }
            throw TestFailure("there is no report")
        }
    }
}
