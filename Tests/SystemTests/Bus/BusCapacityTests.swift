import Foundation
import Testing

extension SystemTests {
    @Suite("D-Bus with many clients, changes and bad listeners", Requirement.bus)
    struct BusCapacityTests {
        /// Calls the server in ways for which other tools are too slow.
        private static let load = Result {
            let path = try Fixtures.directory.get().path + "/bus-load"
            try Program.output(
                "cc", "-O1", "-o", path, Repository.path("Benchmarks/bus-load.c"), "-lsystemd")
            return path
        }

        @Test(
            "10 000 clients are told of completely, and machines boot meanwhile",
            arguments: Binary.built)
        func manyClients(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let key = try PeerKey.ed25519.get()
            let secret = try SecretFile(in: directory, byteCount: 100)
            try SystemBus.run { bus in
                var setup = Server.Setup(binary)
                setup.busAddress = bus.address
                setup.clients =
                    ClientSection("booting", key: key, secretFile: secret.path).text
                    + (1..<10_000).map {
                        "[c\($0)]\nfingerprint = \($0)\nsecret =\nchecker = :\ninterval = P1D\n"
                    }.joined()
                try Server.run(setup) { server in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    let calls = try Program(
                        [Self.load.get(), "objects", "10"], environment: bus.environment)
                    defer { calls.end() }
                    for _ in 0..<20 {
                        #expect(try Peer.runOne(server.ipv6, key: key).sha256 == secret.sha256)
                    }
                    #expect(try calls.waitForExit(by: Deadline(.seconds(60))) == 0)
                    let counts = try calls.output.text().split(separator: "\n")
                    #expect(counts == Array(repeating: "10000", count: 10))
                    let paths = try bus.call("/", "se.recompile.Mandos", "GetAllClients").output
                    #expect(paths.components(separatedBy: "/clients/").count - 1 == 10_000)
                }
            }
        }

        /// How long anybody else may have to wait is what others' turns cost: a machine that boots
        /// needs fewer than eight. See `Benchmarks/bus` for what that is in milliseconds.
        @Test(
            "an answer with 10 000 clients is made in many steps, none of which is long",
            Requirement.compiler, arguments: Binary.built)
        func steps(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let library = directory.path + "/turns.so"
            try Program.output(
                "cc", "-O2", "-shared", "-fPIC", "-o", library,
                Repository.path("Benchmarks/turn-times.c"))
            let file = directory.path + "/turns"
            try SystemBus.run { bus in
                var setup = Server.Setup(binary)
                setup.busAddress = bus.address
                setup.wrapper = ["env", "LD_PRELOAD=\(library)", "TURNS=\(file)"]
                setup.clients = (0..<10_000).map {
                    "[c\($0)]\nfingerprint =\nsecret =\nchecker = :\ninterval = P1D\n"
                }.joined()
                try Server.run(setup) { _ in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    // After all have been introduced.
                    _ = try bus.run(Self.load.get(), ["objects", "1"])
                    let before = try TurnTimes(file)
                    try TurnTimes.beginAnew(file)
                    #expect(try bus.run(Self.load.get(), ["objects", "5"]).status == 0)
                    let times = try TurnTimes(file)
                    print("\(binary.path): \(times)")
                    #expect(before.count > 150)
                    #expect(times.count >= 5 * 150)
                    #expect(times.longestRow < times.total / 5 / 5)
                }
            }
        }

        @Test(
            "a listener that never reads does not fill the memory of the server, nor end its service",
            arguments: Binary.built)
        func deafListener(_ binary: Binary) throws {
            // A daemon that soon takes no more from whoever is not listened to.
            let bus = try SystemBus(limits: #"<limit name="max_incoming_bytes">1000000</limit>"#)
            defer { bus.remove() }
            try bus.start()
            var setup = Server.Setup(binary)
            setup.busAddress = bus.address
            setup.clients = "[alpha]\nfingerprint =\nsecret =\nchecker = :\ninterval = P1D\n"
            try Server.run(setup) { server in
                try bus.waitForName("se.bsnet.fukt.Mandos")
                let deaf = try Program([Self.load.get(), "deaf"], environment: bus.environment)
                defer { deaf.end() }
                try deaf.output.first("its start") { $0 == "deaf" }
                let before = try server.residentBytes()
                let changes = try Program(
                    [Self.load.get(), "changes", "1000000", "1000000"],
                    environment: bus.environment)
                defer { changes.end() }
                try server.waitForLog("WARNING", "it takes no more messages")
                #expect(try server.residentBytes() - before < 32 << 20)
                changes.end()
                deaf.end()
                try waitForAnswer(bus)
            }
        }

        /// The daemon may take a while to notice that the old connection is gone.
        private func waitForAnswer(_ bus: SystemBus) throws {
            let deadline = Deadline()
            while true {
                let (status, _, error) = try bus.call(
                    "/clients/alpha", "se.recompile.Mandos.Client", "CheckedOK")
                if status == 0 { return }
                if deadline.hasPassed { throw TestFailure("no answer: \(error)") }
            }
        }

        @Test(
            "a secret that was set over D-Bus is in the memory of the server once, and in no log",
            Requirement.root, arguments: Binary.built)
        func secretInMemory(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let secret = try SecretFile(in: directory, byteCount: 4000)
            try SystemBus.run { bus in
                var setup = Server.Setup(binary)
                setup.busAddress = bus.address
                setup.clients =
                    "[alpha]\nfingerprint =\nsecret = c2VjcmV0\nchecker = :\ninterval = P1D\n"
                try Server.run(setup) { server in
                    try bus.waitForName("se.bsnet.fukt.Mandos")
                    let (status, _, error) = try bus.run(
                        "mandos-ctl", ["--secret", secret.path, "alpha"])
                    #expect(status == 0, "\(error)")
                    #expect(try copies(of: secret.bytes, in: server.program.pid) == 1)
                }
            }
        }

        /// How often the middle of `bytes` is in the memory of a process.
        private func copies(of bytes: [UInt8], in pid: pid_t) throws -> Int {
            let part = Data(bytes[1000..<1064])
            let maps = try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8)
            let memory = try FileHandle(
                forReadingFrom: URL(fileURLWithPath: "/proc/\(pid)/mem"))
            var count = 0
            for line in maps.split(separator: "\n") where line.contains(" rw-p ") {
                let bounds = line.prefix { $0 != " " }.split(separator: "-").map {
                    UInt64($0, radix: 16)
                }
                guard let start = bounds[0], let end = bounds[1] else { continue }
                try memory.seek(toOffset: start)
                guard let data = try? memory.read(upToCount: Int(end - start)) else { continue }
                var rest = data.startIndex
                while let found = data.range(of: part, in: rest..<data.endIndex) {
                    count += 1
                    rest = found.upperBound
                }
            }
            return count
        }
    }
}

/// What Benchmarks/turn-times.c notes.
private struct TurnTimes {
    let count: Int
    /// In nanoseconds.
    let total: Int
    let longest: Int
    /// Of eight turns in a row.
    let longestRow: Int

    init(_ file: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let numbers = (0..<4).map { index in
            bytes.dropFirst(index * 8).prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        (count, total, longest, longestRow) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }

    static func beginAnew(_ file: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.write(contentsOf: Data(count: 32))
        try handle.close()
    }
}
