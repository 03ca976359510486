import Foundation
import Testing

extension SystemTests {
    /// The attacks come from the machine that asks for its password meanwhile.
    @Suite("Strangers on the link", Requirement.mandosClient, Requirement.lab)
    struct LinkFloodTests {
        /// A server on a link, which is announced, and ends in good order when `body` is done.
        private func withServer(
            _ binary: Binary, environment: String = "", _ body: (Lab) throws -> Void
        ) throws {
            try Lab.run { lab in
                try lab.startServer(binary, environment: environment, "--no-dbus")
                try lab.waitForAnnouncement(1)
                try body(lab)
                try lab.stop()
            }
        }

        @Test(
            "row 11: packets with many questions or answers do not hold the server up",
            arguments: Binary.built, ["mdns-large", "mdns-known-answers", "mdns-flood"])
        func large(_ binary: Binary, _ kind: String) throws {
            try withServer(binary) { lab in
                let start = ContinuousClock.now
                let before = try lab.processorTime()
                try lab.start(kind, on: "client", try lab.attack(kind, seconds: 10))
                try lab.expectPassword()
                try lab.wait("client", "test -s \(lab.directory)/\(kind).status")
                let used = try lab.processorTime() - before
                let elapsed = Double((ContinuousClock.now - start).components.seconds + 1)
                // A tenth of a core, and what the handshake takes.
                #expect(used < elapsed * 0.1 + 0.2, "\(used) s of CPU in \(elapsed) s")
                try lab.expectPassword()
            }
        }

        @Test(
            "row 4: 10 000 networks of IPv6, 64 of each site, do not keep a machine waiting",
            arguments: Binary.built)
        func networks(_ binary: Binary) throws {
            try withServer(binary, environment: "prlimit --nofile=1024") { lab in
                try lab.on("client", "ip -6 route add local fd4d:616e::/32 dev lo")
                try lab.on("server", "ip -6 route add fd4d:616e::/32 via 2001:db8:77::2")
                let attack = try lab.attack("many-sources", seconds: 60)
                    .replacingOccurrences(of: "exec ", with: "exec prlimit --nofile=20000 ")
                try lab.start("networks", on: "client", "\(attack) --count 10000 --again")
                try lab.waitForLog("mandos", "flood of unknown peers")
                for _ in 0..<5 { try lab.expectPassword() }
            }
        }

        /// `make check-long` wants more.
        private static let fuzzSeconds =
            ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap { Int($0) } ?? 5

        @Test(
            "packets that are nearly as they should be do no harm to avahi-core, nor by it",
            arguments: Binary.built)
        func fuzz(_ binary: Binary) throws {
            try withServer(binary) { lab in
                for round in stride(from: 0, to: Self.fuzzSeconds, by: 60) {
                    let name = "fuzz\(round)"
                    let attack = try lab.attack(
                        "mdns-fuzz", seconds: min(60, Self.fuzzSeconds - round))
                    try lab.start(name, on: "client", attack)
                    try lab.wait(
                        "client", seconds: 90, "grep -q sent \(lab.directory)/\(name).log")
                    print(try lab.on("lab", "tr '\\n' ' ' <\(lab.directory)/\(name).log"))
                }
                try lab.expectPassword()
            }
        }

        @Test(
            "row 12: answers that nobody takes keep neither the loop nor other answers waiting",
            arguments: Binary.built)
        func legacy(_ binary: Binary) throws {
            try withServer(binary) { lab in
                try lab.start(
                    "legacy", on: "client", try lab.attack("mdns-legacy-flood", seconds: 30))
                try lab.wait(
                    "lab", "grep -q 'more multicast DNS than is' \(lab.directory)/mandos.log")
                try lab.expectPassword()
                #expect(
                    try lab.attempt("lab", "test -s \(lab.directory)/legacy.status").status != 0)
            }
        }

        @Test(
            "row 13: a thousand connections leave avahi-core descriptors that it can use",
            arguments: Binary.built)
        func descriptors(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.daemons["server"] = "avahi"
            try Lab.run(setup) { lab in
                try lab.startServer(binary, environment: "prlimit --nofile=4096")
                try lab.waitForAnnouncement(1)
                try lab.start(
                    "crowd", on: "client",
                    "exec prlimit --nofile=4096 \(Peer.path) --connect \(try lab.target()) "
                        + "--count 1010 --stop-at connect")
                try lab.wait("lab", "grep -q stopped \(lab.directory)/crowd.log")
                // avahi-core is opened only now.
                try lab.on("server", "avahi-daemon --kill")
                try lab.waitForAnnouncement(2)
                let numbers = try lab.multicastDescriptors()
                #expect(numbers.contains { $0 < 1024 }, "\(numbers)")
                try lab.expectPassword()
                try lab.stop()
            }
        }

        @Test(
            "row 14: false claims to its names do not hide the server from one query in five",
            arguments: Binary.built)
        func conflicts(_ binary: Binary) throws {
            try withServer(binary) { lab in
                try lab.start("claims", on: "client", try lab.attack("mdns-conflict", seconds: 60))
                try lab.wait(
                    "client", seconds: 90, "grep -q asked \(lab.directory)/claims.log")
                let line = try lab.waitForLog("claims", "asked")
                let numbers = line.split { !$0.isNumber }.compactMap { Double($0) }
                try #require(numbers.count == 2 && numbers[0] > 20)
                #expect(numbers[1] / numbers[0] >= 0.8, "\(line)")
                try lab.expectPassword()
            }
        }
    }
}

extension Lab {
    /// Where the server listens, at its global address.
    fileprivate func target() throws -> String { "2001:db8:77::1:\(try port())" }

    /// A command that plays a hostile peer.
    fileprivate func attack(_ kind: String, seconds: Int) throws -> String {
        "exec \(Peer.path) --connect \(try target()) --hostile \(kind) --timeout \(seconds)"
    }

    /// CPU time of the server in seconds.
    fileprivate func processorTime() throws -> Double {
        let stat = try on("lab", "cut -d ')' -f 2 /proc/$(cat \(directory)/mandos.pid)/stat")
        let fields = stat.split(separator: " ").map { Double($0) ?? 0 }
        // utime and stime, proc(5), in hundredths.
        return (fields[11] + fields[12]) / 100
    }

    /// Descriptors of the server for sockets of multicast DNS.
    fileprivate func multicastDescriptors() throws -> [Int] {
        let text = try on(
            "server",
            """
            pid=$(cat \(directory)/mandos.pid)
            for inode in $(awk '$2 ~ /:14E9$/ { print $10 }' /proc/$pid/net/udp6); do
                find /proc/$pid/fd -lname "socket:\\\\[$inode\\\\]" -printf '%f\\n'
            done
            """)
        return text.split(separator: "\n").compactMap { Int($0) }
    }
}
