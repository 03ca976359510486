import Reactor
import Testing

@testable import Mandos

@Suite("A client's life") struct ClientRecordTests {
    private let start = Moment(
        instant: Instant(nanoseconds: 0), wall: WallTime(microseconds: 1_800_000_000_000_000))

    private func later(_ span: Duration) -> Moment {
        Moment(instant: start.instant + span, wall: start.wall + span)
    }

    /// Timeout 300 s, extended 900 s, interval 120 s.
    private func enabled(firstCheck: Duration = .seconds(60)) -> ClientRecord {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        _ = record.handle(.enabled(firstCheck: firstCheck), at: start)
        return record
    }

    @Test("enabling schedules a first check, and an expiry no sooner than the timeout")
    func enabling() {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        #expect(
            record.handle(.enabled(firstCheck: .seconds(60)), at: start) == [
                .scheduleCheck(at: start.instant + .seconds(60)),
                .scheduleExpiry(at: start.instant + .seconds(300)),
            ])
        #expect(record.lastEnabled == start.wall)
        #expect(record.expires == start.wall + .seconds(300))
        #expect(record.handle(.enabled(firstCheck: .zero), at: later(.seconds(1))) == [])
    }

    @Test("nobody is disabled before a first check had an interval's time to succeed")
    func longFirstCheck() {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        #expect(
            record.handle(.enabled(firstCheck: .seconds(250)), at: start).last
                == .scheduleExpiry(at: start.instant + .seconds(370)))
    }

    @Test("a client is disabled at its deadline, and not a nanosecond before")
    func expiry() {
        var record = enabled()
        let almost = later(.seconds(300) - .nanoseconds(1))
        #expect(record.isEnabled(at: almost.instant))
        #expect(record.handle(.expiryDue, at: almost) == [])
        let end = later(.seconds(300))
        #expect(!record.isEnabled(at: end.instant))
        #expect(
            record.handle(.expiryDue, at: end) == [
                .unschedule, .withdrawTrust, .log(.info, "disabled: no successful check in time"),
            ])
        #expect(record.state == .disabled)
        #expect(record.expires == nil)
    }

    @Test("a successful check gives a client its timeout anew")
    func success() {
        var record = enabled()
        _ = record.handle(.checkerStarted, at: later(.seconds(60)))
        let end = later(.seconds(61))
        #expect(
            record.handle(.checkerEnded(.exited(0)), at: end) == [
                .log(.info, "checker succeeded"),
                .scheduleExpiry(at: end.instant + .seconds(300)),
            ])
        #expect(record.lastCheckedOK == end.wall)
        #expect(record.lastCheckerStatus == 0)
    }

    @Test(
        "a failed check changes nothing but what is known of it",
        arguments: [(Reactor.ExitStatus.exited(7), 7), (.killed(9), -1)])
    func failure(status: Reactor.ExitStatus, shown: Int) {
        var record = enabled()
        let state = record.state
        _ = record.handle(.checkerStarted, at: later(.seconds(60)))
        _ = record.handle(.checkerEnded(status), at: later(.seconds(61)))
        #expect(record.state == state)
        #expect(record.lastCheckerStatus == shown)
        #expect(record.lastCheckedOK == nil)
    }

    @Test("a checker that still runs is left alone, and the schedule goes on")
    func slowChecker() {
        var record = enabled()
        let due = later(.seconds(60))
        let next = ClientRecord.Effect.scheduleCheck(at: due.instant + .seconds(120))
        #expect(record.handle(.checkDue, at: due) == [.startChecker, next])
        _ = record.handle(.checkerStarted, at: due)
        #expect(record.handle(.checkDue, at: due) == [next])
    }

    @Test("sending the secret replaces the time that was left by the extended timeout")
    func extended() {
        var record = enabled()
        let sent = later(.seconds(10))
        #expect(
            record.handle(.secretSent, at: sent)
                == [.scheduleExpiry(at: sent.instant + .seconds(900))])
    }

    @Test("disabling stops the checker, withdraws trust, and says why")
    func disabling() {
        var record = enabled()
        _ = record.handle(.checkerStarted, at: start)
        #expect(
            record.handle(.disabled(reason: "by request"), at: start) == [
                .unschedule, .stopChecker, .withdrawTrust, .log(.info, "disabled: by request"),
            ])
        #expect(record.handle(.secretSent, at: start) == [])
        #expect(record.handle(.checkDue, at: start) == [])
        #expect(record.state == .disabled)
    }

    @Test("a disabled client that is checked all the same stays disabled")
    func checkedWhileDisabled() {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        _ = record.handle(.checkerStarted, at: start)
        _ = record.handle(.checkerEnded(.exited(0)), at: start)
        #expect(record.state == .disabled)
        #expect(record.lastCheckedOK == start.wall)
    }
}
