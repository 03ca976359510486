import Reactor
import Testing

@testable import Mandos

/// Each row of the table in mandos(8), PERSISTENT STATE.
@Suite("Restoring clients") struct RestorationTests {
    private let now = Saved.time + .seconds(60)

    private func restore(
        _ configured: ClientSettings..., from saved: SavedClient..., damage: String? = nil,
        at time: WallTime? = nil, rejected: [String] = []
    ) -> Restoration {
        var state = SavedState()
        for client in saved { state.clients[client.name] = client }
        state.newest = Saved.time
        state.damage = damage
        return Restoration(
            configured.map { SharedSettings($0) }, rejected: rejected.map { ClientName($0) },
            saved: state, now: time ?? now)
    }

    private func contains(_ result: Restoration, _ level: LogLevel, _ words: String) -> Bool {
        result.lines.contains { $0.level == level && $0.text.contains(words) }
    }

    @Test("a client of which nothing was saved begins as clients.conf says")
    func new() throws {
        let result = restore(Saved.settings("a"), Saved.settings("b", isEnabled: false))
        #expect(result.records.map { $0.start } == [.enabled, .disabled])
        #expect(result.records.map { $0.created } == [now, now])
        #expect(result.lines == [])
    }

    @Test("a client whose configuration was not saved begins as clients.conf says")
    func withoutSettings() {
        let saved = SavedClient(
            name: ClientName("web1"), configured: nil,
            current: Saved.current { $0.isEnabled = false })
        let result = restore(Saved.settings(), from: saved)
        #expect(result.records.map { $0.start } == [.enabled])
        #expect(result.records[0].created == now)
    }

    @Test("a client that was removed stays away as long as clients.conf has it")
    func removed() {
        let result = restore(Saved.settings(), from: Saved.client(Saved.settings(), nil))
        #expect(result.records.isEmpty)
        #expect(result.removed == [ClientName("web1")])
        #expect(result.dropped == [])
        #expect(contains(result, .info, "client web1: stays removed"))
    }

    @Test("what was saved of clients that clients.conf does not have is kept, and then dropped")
    func dropped() {
        let result = restore(
            Saved.settings("new"), from: Saved.client(Saved.settings("gone")),
            Saved.client(Saved.settings("removed and gone"), nil))
        #expect(result.records.map { $0.settings.name.text } == ["new"])
        #expect(result.dropped == [])
        #expect(result.kept.map { $0.absent } == [.seconds(60), .seconds(60)])
        #expect(contains(result, .info, "kept in case that they return: gone, removed and gone"))
        var saved = Saved.client(Saved.settings("gone"))
        saved.absent = .seconds(365 * 86_400)
        let later = restore(Saved.settings("new"), from: saved)
        #expect(later.dropped.map { $0.text } == ["gone"])
        #expect(contains(later, .warning, "not in clients.conf for too long, and forgotten: gone"))
        saved.absent = nil
        let leap = restore(
            Saved.settings("new"), from: saved, at: Saved.time + .seconds(2 * 365 * 86_400))
        #expect(leap.dropped == [] && leap.kept.count == 1)
    }

    @Test("what was saved of a section with a mistake is kept, and of all if there is no section")
    func kept() {
        let saved = Saved.client(Saved.settings("mistaken"))
        #expect(
            restore(Saved.settings("new"), from: saved, rejected: ["mistaken"]).dropped == [])
        #expect(restore(from: saved).dropped == [])
    }

    @Test("a setting that clients.conf has as before keeps the value it was given meanwhile")
    func savedValue() {
        let saved = Saved.client(
            Saved.settings(),
            Saved.current {
                $0.changed.host = "changed"
                $0.changed.timeout = .seconds(77)
                $0.changed.isApprovedByDefault = false
                $0.changed.checker = "exit 1"
                $0.changed.extendedTimeout = .seconds(78)
                $0.changed.interval = .seconds(79)
                $0.changed.approvalDelay = .seconds(80)
                $0.changed.approvalDuration = .seconds(81)
            })
        let settings = restore(Saved.settings(), from: saved).records[0].settings
        #expect(settings.host == "changed")
        #expect(settings.timeout == .seconds(77))
        #expect(!settings.isApprovedByDefault)
        #expect(settings.checker == "exit 1")
        #expect(settings.extendedTimeout == .seconds(78))
        #expect(settings.interval == .seconds(79))
        #expect(settings.approvalDelay == .seconds(80))
        #expect(settings.approvalDuration == .seconds(81))
    }

    @Test("a setting that clients.conf has changed is that of clients.conf, and only that")
    func newValue() {
        let saved = Saved.client(
            Saved.settings(),
            Saved.current {
                $0.changed.host = "changed"
                $0.changed.timeout = .seconds(77)
            })
        let settings = restore(Saved.settings(host: "other"), from: saved).records[0].settings
        #expect(settings.host == "other")
        #expect(settings.timeout == .seconds(77))
    }

    @Test("settings of clients.conf that grant more than those that were in force are told")
    func gains() {
        var old = Saved.client(Saved.settings())
        old.configured?.isApprovedByDefault = false
        old.configured?.timeout = .seconds(299)
        old.configured?.extendedTimeout = .seconds(1)
        old.configured?.approvalDelay = .seconds(1)
        let more = "approved_by_default = True, approval_delay = 0:00:00, timeout = 0:05:00, "
        #expect(
            restore(Saved.settings(), from: old).lines.map { $0.text } == [
                "client web1: clients.conf grants it more than before: " + more
                    + "extended_timeout = 0:15:00"
            ])
        var less = Saved.client(
            Saved.settings(), Saved.current { $0.changed.isApprovedByDefault = false })
        less.configured?.timeout = .seconds(301)
        less.configured?.approvalDelay = nil
        #expect(restore(Saved.settings(), from: less).lines == [])
    }

    @Test("a setting that an older version did not know keeps its saved value")
    func unknownValue() {
        var saved = Saved.client(Saved.settings(), Saved.current { $0.changed.host = "changed" })
        saved.configured?.host = nil
        #expect(
            restore(Saved.settings(host: "other"), from: saved).records[0].settings.host
                == "changed")
        saved.current?.changed.host = nil
        #expect(
            restore(Saved.settings(host: "other"), from: saved).records[0].settings.host == "other")
    }

    @Test("check results, creation and last enabling survive, also of a client that is disabled")
    func history() {
        for isEnabled in [true, false] {
            let current = Saved.current {
                $0.isEnabled = isEnabled
                $0.liveness.lastCheckerStatus = 7
                $0.liveness.lastApprovalRequest = Saved.time
            }
            let record = restore(
                Saved.settings(), from: Saved.client(Saved.settings(), current)
            ).records[0]
            #expect(record.start == (isEnabled ? .resumed : .disabled))
            #expect(record.created == current.created)
            #expect(record.lastEnabled == current.lastEnabled)
            #expect(record.lastCheckedOK == current.liveness.lastCheckedOK)
            #expect(record.lastCheckerStatus == 7)
            #expect(record.lastApprovalRequest == Saved.time)
        }
    }

    /// clients.conf before and now, the client when saved; how it begins.
    static let enabling: [(old: Bool, new: Bool, saved: Bool, start: ClientHistory.Start)] = [
        (true, true, true, .resumed), (true, true, false, .disabled),
        (true, false, true, .disabled), (true, false, false, .disabled),
        (false, true, true, .resumed), (false, true, false, .enabled),
        (false, false, true, .resumed), (false, false, false, .disabled),
    ]

    @Test("whether it is enabled is a setting like the others", arguments: enabling)
    func enabled(_ row: (old: Bool, new: Bool, saved: Bool, start: ClientHistory.Start)) {
        let current = Saved.current {
            $0.isEnabled = row.saved
            if !row.saved { $0.liveness.expires = nil }
        }
        let saved = Saved.client(Saved.settings(isEnabled: row.old), current)
        let result = restore(Saved.settings(isEnabled: row.new), from: saved)
        #expect(result.records.map { $0.start } == [row.start])
    }

    @Test("a client whose time is over and that was never checked is disabled, with a warning")
    func neverChecked() {
        let saved = Saved.client(
            Saved.settings(),
            Saved.current {
                $0.liveness.lastCheckedOK = nil
                $0.liveness.lastCheckerStatus = -2
                $0.liveness.expires = now
            })
        let result = restore(Saved.settings(), from: saved)
        #expect(result.records[0].start == .disabled)
        #expect(contains(result, .warning, "client web1: disabled: its time was over"))
    }

    @Test("a client whose time is over and whose last check failed is disabled, with the status")
    func failed() {
        let saved = Saved.client(
            Saved.settings(),
            Saved.current {
                $0.liveness.lastCheckerStatus = 3
                $0.liveness.expires = now
            })
        let result = restore(Saved.settings(), from: saved)
        #expect(result.records[0].start == .disabled)
        #expect(contains(result, .warning, "the last checker had ended with status 3"))
    }

    @Test("a client whose time is over but whose last check succeeded stays enabled")
    func succeeded() {
        let saved = Saved.client(Saved.settings(), Saved.current { $0.liveness.expires = now })
        let result = restore(Saved.settings(), from: saved)
        #expect(result.records[0].start == .resumed)
        #expect(contains(result, .debug, "client web1: stays enabled"))
    }

    @Test("a client whose time is not over yet stays enabled, whatever its last check")
    func notOver() {
        let saved = Saved.client(
            Saved.settings(),
            Saved.current {
                $0.liveness.lastCheckerStatus = 3
                $0.liveness.expires = now + .microseconds(1)
            })
        #expect(restore(Saved.settings(), from: saved).records[0].start == .resumed)
    }

    @Test("a wall clock that is earlier than the saved state is not believed")
    func earlyClock() {
        let saved = Saved.client(
            Saved.settings(),
            Saved.current {
                $0.liveness.lastCheckerStatus = 3
                $0.liveness.expires = Saved.time
            })
        let result = restore(
            Saved.settings(), from: saved, at: WallTime(microseconds: 0))
        #expect(contains(result, .warning, "the wall clock says 1970-01-01 00:00:00"))
        #expect(result.records[0].start == .disabled)
    }

    @Test("a secret that was changed is in force as long as that of clients.conf is the same")
    func secret() {
        let settings = Saved.settings()
        let saved = Saved.client(
            settings, Saved.current { $0.secret = Saved.sealed("new", under: settings) })
        let same = restore(settings, from: saved)
        #expect(bytes(of: same.records[0].settings.secret) == Array("new".utf8))
        #expect(same.sealedSecrets == [settings.name: saved.current!.secret!])
        let other = restore(Saved.settings(secret: "other"), from: saved)
        #expect(bytes(of: other.records[0].settings.secret) == Array("other".utf8))
        #expect(other.sealedSecrets.isEmpty)
        #expect(contains(other, .debug, "client web1: the saved secret does not go with"))
    }

    @Test("after damage, a client that is lost starts disabled, and the others as they were")
    func damage() {
        let result = restore(
            Saved.settings("read"), Saved.settings("lost"), Saved.settings("off", isEnabled: false),
            from: Saved.client(Saved.settings("read")), damage: "a bit is wrong")
        #expect(result.records.map { $0.start } == [.resumed, .disabled, .disabled])
        // It may have been enabled while the server ran.
        #expect(result.lost.map { $0.text } == ["lost", "off"])
        #expect(contains(result, .critical, "the saved state is damaged: a bit is wrong; of 3"))
        #expect(contains(result, .critical, "disabled because their state is lost: lost, off"))
    }

    @Test("a client that was not there when the state was damaged starts disabled when it returns")
    func damageAndAbsence() {
        var saved = SavedState()
        saved.damage = "a bit is wrong"
        saved.lost = [ClientName("added"), ClientName("seen")]
        let (seen, late) = (Saved.settings("seen"), Saved.settings("late"))
        let first = Restoration([SharedSettings(seen)], saved: saved, now: Saved.time)
        #expect(
            contains(first, .critical, "lost or removed before, and not in clients.conf now: added")
        )
        var next = Saved.state(Saved.client(seen))
        next.revocations = first.revocations.all
        let second = Restoration(
            [SharedSettings(seen), SharedSettings(late)], saved: next, now: Saved.time)
        #expect(second.records.map { $0.start } == [.disabled, .disabled])
        #expect(contains(second, .critical, "client late: starts disabled, until it is enabled"))
        #expect(second.revocations[late.name, ClientKey(late)]?.reason == .lost)
        // The word of an operator.
        let third = Restoration.ignoring(next, [SharedSettings(late)], now: Saved.time)
        #expect(third.records.map { $0.start } == [.enabled])
        #expect(third.revocations.ofUnknownClients == nil)
    }

    @Test("that the state was damaged is forgotten when absent clients are")
    func oldDamage() {
        var saved = SavedState()
        saved.revocations = [.unknownClients(Saved.time)]
        saved.revocations[0].absent = ServerSettings.revocationsKeptByDefault
        saved.newest = Saved.time
        let settings = SharedSettings(Saved.settings("seen"))
        let first = Restoration([settings], saved: saved, now: Saved.time)
        #expect(first.records.map { $0.start } == [.disabled])
        let second = Restoration([settings], saved: saved, now: Saved.time + .seconds(1))
        #expect(second.revocations.ofUnknownClients == nil)
    }

    @Test("without restoring, everybody begins afresh, and those who were revoked are named")
    func ignoring() {
        let state = Saved.state(
            Saved.client(Saved.settings("on")),
            Saved.client(Saved.settings("off"), Saved.current { $0.isEnabled = false }),
            Saved.client(Saved.settings("removed"), nil), Saved.client(Saved.settings("gone")))
        let configured = ["on", "off", "removed", "new"].map { SharedSettings(Saved.settings($0)) }
        let result = Restoration.ignoring(state, configured, now: now)
        #expect(result.records.map { $0.start } == Array(repeating: .enabled, count: 4))
        #expect(result.records.map { $0.created } == Array(repeating: now, count: 4))
        #expect(
            result.lines == [
                .init(
                    level: .warning,
                    text: "not restored, so enabled again although they were disabled: off"),
                .init(
                    level: .warning,
                    text: "not restored, so there again although they were removed: removed"),
            ])
        #expect(result.dropped == [] && result.kept.map { $0.name.text } == ["gone"])
    }

    @Test("many names are told in lines that a log takes as a whole")
    func manyNames() {
        let names = (0..<1000).map { "machine-with-a-long-name-\($0)" }
        var state = SavedState()
        for name in names {
            state.clients[ClientName(name)] = Saved.client(Saved.settings(name), nil)
        }
        let lines = Restoration.ignoring(
            state, names.map { SharedSettings(Saved.settings($0)) }, now: now
        ).lines
        #expect(lines.allSatisfy { LogText.sanitized($0.text) == $0.text })
        #expect(
            lines.flatMap { $0.text.split(separator: ": ")[1].split(separator: ", ") }.count == 1000
        )
    }
}
