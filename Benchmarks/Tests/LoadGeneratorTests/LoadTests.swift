import Testing

@testable import LoadGenerator

/// Whole runs, against a real server.
@Suite("Runs", .serialized)
struct LoadTests {
    private func run(
        _ mix: String, port: UInt16, meter: ServerMeter? = nil,
        _ arrange: (inout LoadSettings) -> Void = { _ in }
    ) throws -> RunReport {
        var settings = LoadSettings(
            target: try Target(host: "127.0.0.1", port: port), mix: try #require(Mix(mix)))
        settings.seed = 1
        // The server may not listen yet.
        settings.retryInterval = 0.05
        arrange(&settings)
        return Load(settings, fleet: Fleet(count: 3, secretByteCount: 300), meter: meter).run()
    }

    @Test("honest and slow machines get their secrets, whatever the others do")
    func mixture() throws {
        let server = try FloorServer()
        _ = try run("honest=1", port: server.port)
        let report = try run(
            "honest=50,slow=5,silent=10,waiting=10,halfway=10,aborting=20,garbage=10",
            port: server.port, meter: try server.meter()
        ) {
            $0.slowBytesPerSecond = 5000
            // The server has no deadlines: some of the garbage is left without an answer.
            $0.attemptSeconds = 2
        }
        #expect(report.isGood)
        #expect(report.served == 55)
        #expect(report.latency.count == 55)
        #expect(report.outcomes["aborting"]?["left"] == 20)
        #expect(report.outcomes["silent"]?["left"] == 10)
        #expect(report.outcomes["garbage"]?["served"] == nil)
        let meters = try #require(report.server)
        #expect(meters.cpuSeconds > 0)
        #expect(meters.after.descriptors == meters.before.descriptors)
    }

    @Test("a secret with a byte too many is noticed")
    func tooLong() throws {
        let server = try FloorServer(secretByteCount: 301)
        let report = try run("honest=3", port: server.port) {
            $0.retryInterval = 60
            $0.secondsMax = 2
        }
        #expect(report.served == 0 && !report.isGood)
    }

    @Test("a secret with a byte too few is noticed")
    func tooShort() throws {
        let server = try FloorServer(secretByteCount: 299)
        let report = try run("honest=3", port: server.port) { $0.secondsMax = 2 }
        #expect(report.served == 0 && report.unserved == 3)
        #expect((report.outcomes["honest"]?["cut"] ?? 0) > 0)
    }

    @Test("a secret for a machine that should not be known is a wrong one")
    func stranger() throws {
        let server = try FloorServer()
        _ = try run("honest=1", port: server.port)
        let report = try run("unknown=2", port: server.port)
        #expect(report.wrong == 2 && !report.isGood)
    }

    @Test("without a server, machines ask again until the time is over")
    func nobody() throws {
        let report = try run("honest=2", port: try FloorServer.findFreePort()) {
            $0.secondsMax = 0.5
        }
        #expect(report.unserved == 2 && !report.isGood)
        #expect((report.outcomes["honest"]?["refused"] ?? 0) > 4)
    }

    @Test("as many as are asked for are connected at the same time, and no more")
    func concurrency() throws {
        let server = try FloorServer()
        let report = try run("honest=60", port: server.port) { $0.concurrency = 4 }
        #expect(report.served == 60)
        #expect((report.samples.map(\.connections).max() ?? 0) <= 4)
    }

    @Test("attackers play while machines boot, and end with the run")
    func attack() throws {
        let server = try FloorServer()
        _ = try run("honest=1", port: server.port)
        let meter = try server.meter()
        let fleet = Fleet(count: 3, secretByteCount: 300)
        var settings = LoadSettings(
            target: try Target(host: "127.0.0.1", port: server.port),
            mix: try #require(Mix("honest=20")))
        settings.pattern = .steady(perSecond: 40)
        let attackers = try Attackers(
            [Attack(kind: "long-message", count: 3)], against: settings, sources: 1, fleet: fleet)
        let report = Load(settings, fleet: fleet, meter: meter, attackers: attackers).run()
        #expect(report.isGood)
        #expect(report.attacks == ["long-message": 3])
        let meters = try #require(report.server)
        #expect(meters.descriptorsMax >= meters.before.descriptors + 3)
        #expect(meters.after.descriptors == meters.before.descriptors)
    }
}
