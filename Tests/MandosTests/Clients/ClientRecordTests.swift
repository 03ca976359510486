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
                .scheduleCheck(at: start.instant + .seconds(60)), .changed(.isEnabled),
                .changed(.lastEnabled), .scheduleExpiry(at: start.instant + .seconds(300)),
                .changed(.expires),
            ])
        #expect(record.lastEnabled == start.wall)
        #expect(record.expires == start.wall + .seconds(300))
        #expect(record.handle(.enabled(firstCheck: .zero), at: later(.seconds(1))) == [])
    }

    @Test("nobody is disabled before a first check had an interval's time to succeed")
    func longFirstCheck() {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        #expect(
            record.handle(.enabled(firstCheck: .seconds(250)), at: start)
                .contains(.scheduleExpiry(at: start.instant + .seconds(370))))
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
                .unschedule, .revoked(.expired), .changed(.expires), .stopChecker,
                .changed(.isEnabled), .answerRequests,
                .log(.info, "disabled: no successful check in time"),
            ])
        #expect(record.state == .disabled)
        #expect(record.expires == nil)
    }

    @Test("a successful check gives a client its timeout anew")
    func success() {
        var record = enabled()
        _ = record.handle(.checkerStarted(command: "c"), at: later(.seconds(60)))
        let end = later(.seconds(61))
        #expect(
            record.handle(.checkerEnded(.exited(0), command: "c"), at: end) == [
                .changed(.isCheckerRunning), .changed(.lastCheckerStatus), .changed(.lastCheckedOK),
                .scheduleExpiry(at: end.instant + .seconds(300)), .changed(.expires),
                .log(.info, "checker succeeded"),
                .emit(.checkerCompleted(.exited(0), command: "c")),
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
        _ = record.handle(.checkerStarted(command: "c"), at: later(.seconds(60)))
        _ = record.handle(.checkerEnded(status, command: "c"), at: later(.seconds(61)))
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
        _ = record.handle(.checkerStarted(command: "c"), at: due)
        #expect(record.handle(.checkDue, at: due) == [next])
    }

    @Test("sending the secret replaces the time that was left by the extended timeout")
    func extended() {
        var record = enabled()
        let sent = later(.seconds(10))
        #expect(
            record.handle(.secretSent, at: sent) == [
                .scheduleExpiry(at: sent.instant + .seconds(900)), .changed(.expires),
                .emit(.gotSecret),
            ])
        #expect(record.lastCheckedOK == nil)
        #expect(record.lastCheckerStatus == -2)
    }

    @Test("disabling stops the checker, withdraws trust, and says why")
    func disabling() {
        var record = enabled()
        _ = record.handle(.checkerStarted(command: "c"), at: start)
        #expect(
            record.handle(.disabled(reason: "by request"), at: start) == [
                .unschedule, .revoked(.disabled), .changed(.expires), .stopChecker,
                .changed(.isCheckerRunning),
                .log(.debug, "checker stopped"), .changed(.isEnabled), .answerRequests,
                .log(.info, "disabled: by request"),
            ])
        #expect(record.handle(.secretSent, at: start) == [.emit(.gotSecret)])
        #expect(record.handle(.disabled(reason: "again"), at: start) == [])
        #expect(record.handle(.checkDue, at: start) == [])
        #expect(record.state == .disabled)
    }

    @Test("a disabled client that is checked all the same stays disabled")
    func checkedWhileDisabled() {
        var record = ClientRecord(ServiceHarness.client(), created: start.wall)
        _ = record.handle(.checkerStarted(command: "c"), at: start)
        _ = record.handle(.checkerEnded(.exited(0), command: "c"), at: start)
        #expect(record.state == .disabled)
        #expect(record.lastCheckedOK == start.wall)
    }

    @Test("what a checker did is told in the order: running, status, time, expiry, result")
    func order() {
        var record = enabled()
        #expect(
            record.handle(.checkerStarted(command: "c"), at: start) == [
                .changed(.isCheckerRunning), .emit(.checkerStarted(command: "c")),
            ])
        #expect(
            record.handle(.checkerEnded(.killed(9), command: "c"), at: start) == [
                .changed(.isCheckerRunning), .changed(.lastCheckerStatus),
                .log(.warning, "checker killed by signal 9"),
                .emit(.checkerCompleted(.killed(9), command: "c")),
            ])
    }

    @Test("5.7: an operator who says that a client is up has the effect of a check that succeeds")
    func checkedOK() {
        var record = enabled()
        let moment = later(.seconds(100))
        #expect(
            record.handle(.checkedOK, at: moment) == [
                .changed(.lastCheckedOK), .changed(.lastCheckerStatus),
                .scheduleExpiry(at: moment.instant + .seconds(300)), .changed(.expires),
            ])
        #expect(record.lastCheckedOK == moment.wall)
        var disabled = ClientRecord(ServiceHarness.client(), created: start.wall)
        #expect(
            disabled.handle(.checkedOK, at: moment)
                == [.changed(.lastCheckedOK), .changed(.lastCheckerStatus)])
        #expect(!disabled.isEnabled)
    }

    @Test(
        "5.7: a new timeout moves the expiry by the difference",
        arguments: [(400, 400), (250, 250), (101, 101)])
    func timeout(seconds: Int, expected: Int) {
        var record = enabled()
        let effects = record.handle(
            .changed(.timeout(.seconds(seconds))), at: later(.seconds(100)))
        #expect(
            effects == [
                .changed(.timeout),
                .scheduleExpiry(at: start.instant + .seconds(expected)), .changed(.expires),
            ])
        #expect(record.expires == start.wall + .seconds(expected))
    }

    @Test("5.7: a timeout that is over the moment it is set disables the client")
    func shortTimeout() {
        var record = enabled()
        let effects = record.handle(.changed(.timeout(.seconds(100))), at: later(.seconds(100)))
        #expect(effects.starts(with: [.changed(.timeout), .unschedule]))
        #expect(!record.isEnabled)
    }

    @Test("a timeout for ever is no trap for the one that follows it")
    func longTimeout() {
        var record = enabled()
        let forever: Duration = .seconds(999_999_999 * 86_400)
        _ = record.handle(.changed(.timeout(forever)), at: start)
        _ = record.handle(.changed(.timeout(.seconds(200))), at: later(.seconds(100)))
        #expect(record.state == .enabled(expires: start.instant + .seconds(200)))
    }

    @Test("5.7: a new interval begins a check at once, and the next after that interval")
    func interval() {
        var record = enabled()
        let moment = later(.seconds(10))
        let next = ClientRecord.Effect.scheduleCheck(at: moment.instant + .seconds(7))
        #expect(
            record.handle(.changed(.interval(.seconds(7))), at: moment)
                == [.changed(.interval), .startChecker, next])
        _ = record.handle(.checkerStarted(command: "c"), at: moment)
        #expect(record.handle(.changed(.interval(.seconds(7))), at: moment) == [next])
        _ = record.handle(.disabled(reason: "r"), at: moment)
        #expect(
            record.handle(.changed(.interval(.seconds(8))), at: moment) == [.changed(.interval)])
    }

    @Test("5.7: other settings are stored, and told only if they are new")
    func settings() {
        let rows: [(ClientSetting, ClientProperty)] = [
            (.host("h"), .host), (.checker("false"), .checker),
            (.extendedTimeout(.seconds(1)), .extendedTimeout),
            (.approvalDelay(.seconds(1)), .approvalDelay),
            (.approvalDuration(.seconds(9)), .approvalDuration),
            (.isApprovedByDefault(false), .isApprovedByDefault),
            (.secret(SharedSecret(SensitiveBytes(copying: [1]))), .secret),
        ]
        var record = enabled()
        let state = record.state
        for (setting, property) in rows {
            #expect(record.handle(.changed(setting), at: start) == [.changed(property)])
            #expect(record.handle(.changed(setting), at: start) == [])
        }
        #expect(record.state == state)
    }

    @Test("a wall clock that is set moves what is shown of the expiry, and not the expiry")
    func wallClock() {
        var record = enabled()
        let state = record.state
        let moment = Moment(
            instant: start.instant + .seconds(100), wall: start.wall + .seconds(-5000))
        #expect(record.handle(.wallClockSet, at: moment) == [.changed(.expires)])
        #expect(record.expires == moment.wall + .seconds(200))
        #expect(record.state == state)
    }

    @Test("asking a person is noted, with the whole delay as it is now")
    func asking() {
        var record = ClientRecord(
            ServiceHarness.client(approvalDelay: .seconds(20)), created: start.wall)
        #expect(
            record.handle(.approvalAsked, at: start) == [
                .changed(.lastApprovalRequest),
                .emit(.needApproval(delay: .seconds(20), isApprovedByDefault: true)),
            ])
        #expect(record.lastApprovalRequest == start.wall)
    }
}
