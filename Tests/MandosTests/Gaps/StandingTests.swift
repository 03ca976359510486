import Reactor
import Testing

@testable import Mandos

/// mandos(8), CHECKING, “When nobody can check”.
@Suite("Time in which nobody can check") struct StandingTests {
    private let start = Moment(
        instant: Instant(nanoseconds: 0), wall: WallTime(microseconds: 1_800_000_000_000_000))

    private func later(_ seconds: Int) -> Moment {
        Moment(instant: start.instant + .seconds(seconds), wall: start.wall + .seconds(seconds))
    }

    /// Timeout 300 s, extended 900 s, interval 120 s; checked at 60 s.
    private func record(status: Int32? = 0) -> ClientRecord {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        _ = record.handle(.enabled(firstCheck: .seconds(60)), at: start)
        _ = record.handle(.checkDue, at: later(60))
        if let status {
            _ = record.handle(.checkerEnded(.exited(status), command: "c"), at: later(60))
        }
        return record
    }

    private func bridge(
        _ record: inout ClientRecord, _ from: Int, _ to: Int, isSuspend: Bool = false
    ) -> [ClientRecord.Effect] {
        let gap = Gap(
            start: later(from).instant, end: later(to).instant, isSuspend: isSuspend)
        return record.handle(.gap(gap), at: later(to))
    }

    private func expires(_ seconds: Int) -> ClientRecord.State {
        .enabled(expires: later(seconds).instant)
    }

    @Test("a client whose last check succeeded keeps the time that it had left")
    func alive() {
        var record = record()
        let effects = bridge(&record, 100, 1000)
        #expect(record.state == expires(1000 + 260))
        #expect(effects.contains(.scheduleCheck(at: later(1000 + 80).instant)))
        #expect(record.expires == later(1260).wall)
    }

    @Test("a client whose last check failed keeps its deadline, and its next check")
    func failed() {
        var record = record(status: 1)
        #expect(bridge(&record, 100, 200) == [])
        #expect(record.state == expires(300))
    }

    @Test("a client that was not checked since it was enabled keeps the time that it had left")
    func neverChecked() {
        var record = record(status: nil)
        _ = bridge(&record, 100, 1000)
        #expect(record.state == expires(1200))
    }

    @Test("a client that boots keeps the time that it had left, also if a check fails meanwhile")
    func booting() {
        var record = record(status: 1)
        _ = record.handle(.secretSent, at: later(100))
        _ = record.handle(.checkerEnded(.exited(1), command: "c"), at: later(110))
        _ = bridge(&record, 200, 5000)
        #expect(record.state == expires(5000 + 800))
        _ = record.handle(.checkerEnded(.exited(0), command: "c"), at: later(5100))
        _ = record.handle(.checkerEnded(.exited(1), command: "c"), at: later(5200))
        _ = bridge(&record, 5300, 5350)
        #expect(record.state == expires(5400))
    }

    @Test("a disabled client stays disabled, and one whose time was over before is not rescued")
    func over() {
        var record = record()
        #expect(bridge(&record, 360, 1000) == [])
        #expect(!record.isEnabled(at: later(1000).instant))
        _ = record.handle(.expiryDue, at: later(1000))
        #expect(bridge(&record, 1000, 2000) == [])
        #expect(record.state == .disabled)
    }

    @Test("too little time for a check is made enough once, and again only after a success")
    func grace() {
        var record = record()
        _ = bridge(&record, 359, 1000)  // a second is left, and the check is overdue
        #expect(record.state == expires(1010))
        _ = bridge(&record, 1005, 2000)
        #expect(record.state == expires(2005))
        var other = self.record()
        _ = bridge(&other, 359, 1000)
        _ = other.handle(.checkerEnded(.exited(0), command: "c"), at: later(1005))
        _ = bridge(&other, 1304, 2000)
        #expect(other.state == expires(2010))
    }

    @Test("after a suspend, the network is given ten seconds to come up, once until a success")
    func suspend() {
        var record = record()
        let effects = bridge(&record, 100, 1000, isSuspend: true)
        #expect(record.state == expires(1000 + 260 + 10))
        #expect(effects.contains(.scheduleCheck(at: later(1000 + 80 + 10).instant)))
        _ = bridge(&record, 1001, 2001, isSuspend: true)
        #expect(record.state == expires(2001 + 269))
    }

    @Test("gap after gap, a client that is never checked is enabled for no longer than its time")
    func bounded() {
        var record = record()
        var awake = 0
        var now = 60
        while record.isEnabled(at: later(now).instant), awake < 10_000 {
            now += 1
            awake += 1
            if record.isEnabled(at: later(now).instant) { _ = bridge(&record, now, now + 99) }
            now += 99
        }
        #expect((300...320).contains(awake), "\(awake) s awake")
    }

    private func resumed(_ left: ClientHistory.TimeLeft, status: Int) -> ClientRecord {
        var history = ClientHistory(start: .resumed, created: start.wall)
        history.timeLeft = left
        history.lastCheckerStatus = status
        var record = ClientRecord(ServiceHarness.client(), history: history)
        _ = record.handle(.resumed(firstCheck: .seconds(50)), at: start)
        return record
    }

    @Test("a restart is such a gap: the time that was left is left, or the deadline is as it was")
    func restart() {
        #expect(
            resumed(.counting(.seconds(200), isGraced: false), status: 0).state == expires(200))
        #expect(resumed(.counting(.seconds(20), isGraced: false), status: 0).state == expires(60))
        #expect(resumed(.counting(.seconds(20), isGraced: true), status: 0).state == expires(20))
        #expect(resumed(.fixed(.seconds(3), isSure: true), status: 1).state == expires(3))
    }
}
