import Reactor
import Testing

@testable import Mandos

@Suite("The files of the state") struct StateAgreementTests {
    private static func mark(_ number: Int64, origin: UInt64 = 1) -> SaveMark {
        SaveMark(origin: origin, number: number, time: Saved.time + .seconds(number))
    }

    private static func revocation(_ name: String) -> Revocation {
        Revocation(
            name: ClientName(name), keyID: nil, fingerprint: nil, when: Saved.time,
            reason: .disabled, by: "")
    }

    private static func log(
        _ number: Int64, origin: UInt64 = 1, isTorn: Bool = false
    ) throws -> StateAgreement.Log {
        var bytes = RevocationLog.text(mark(2, origin: origin), [revocation("old")])
        var sum = Checksum()
        sum.add(bytes)
        for number in stride(from: Int64(3), through: number, by: 1) {
            var changes = StateChanges(time: Saved.time)
            changes.revocations = [revocation("new\(number)")]
            bytes += RevocationLog.text(mark(number, origin: origin), changes, after: &sum)
        }
        if isTorn { bytes += [1, 2, 3] }
        return .read(try #require(RevocationLog(bytes)))
    }

    private static func saved(_ names: String...) -> SavedState {
        var state = SavedState()
        state.revocations = names.map { revocation($0) }
        return state
    }

    private static func agreement(
        _ database: StateAgreement.Database, _ log: StateAgreement.Log
    ) -> StateAgreement {
        StateAgreement(database, log, database: "clients.db", log: "revocations.log")
    }

    private static func names(_ agreement: StateAgreement) -> [String]? {
        agreement.state?.revocations.map { $0.name.text }.sorted()
    }

    @Test("agree when both are of the same save; then nothing is said")
    func agreed() throws {
        let agreement = Self.agreement(
            .whole(Self.saved("old", "new3"), Self.mark(3)), try Self.log(3))
        #expect(agreement.isAgreed && agreement.mark == Self.mark(3))
        #expect(agreement.state?.findings == [] && agreement.state?.isToBeSaved == false)
    }

    @Test("are missing: nothing was ever saved")
    func missing() {
        let agreement = Self.agreement(.missing, .missing)
        #expect(agreement.state == nil && agreement.mark == nil && agreement.isAgreed)
    }

    @Test("an older database takes no revocation away, and is told of with all names")
    func staleDatabase() throws {
        let agreement = Self.agreement(.whole(Self.saved("older"), Self.mark(2)), try Self.log(4))
        #expect(Self.names(agreement) == ["new3", "new4", "old", "older"])
        #expect(agreement.mark == Self.mark(4))
        let lines = try #require(agreement.state?.findings)
        #expect(lines.allSatisfy { $0.level == .critical })
        #expect(lines.contains { $0.text == "changed in between: new3, new4" })
        #expect(lines.contains { $0.text == "revoked: new3, new4, old, older" })
        #expect(!agreement.isAgreed && agreement.state?.isToBeSaved == true)
    }

    @Test("a database of a version without marks is older than any log")
    func unmarked() throws {
        let agreement = Self.agreement(.whole(Self.saved(), nil), try Self.log(3))
        #expect(Self.names(agreement) == ["new3", "old"])
        #expect(agreement.state?.findings.first?.level == .critical)
        let first = Self.agreement(.whole(Self.saved("a"), nil), .missing)
        #expect(first.state?.findings == [] && first.state?.isToBeSaved == true)
    }

    @Test("a damaged or missing log is told of, and the database counts")
    func damagedLog() throws {
        let logs = [
            try Self.log(2, isTorn: true), try Self.log(3, isTorn: true), .missing,
            .unreadable("it is empty"),
        ]
        for log in logs {
            let agreement = Self.agreement(.whole(Self.saved("new3"), Self.mark(3)), log)
            #expect(Self.names(agreement) == ["new3"])
            let lines = try #require(agreement.state?.findings)
            #expect(lines.allSatisfy { $0.level == .warning })
            #expect(lines.contains { $0.text == "revoked by that: new3" })
            #expect(!agreement.isAgreed && agreement.mark == Self.mark(3))
        }
    }

    @Test("an older log takes no revocation away, and adds those that it has")
    func staleLog() throws {
        for (number, level) in [(Int64(3), LogLevel.warning), (4, .critical)] {
            let agreement = Self.agreement(
                .whole(Self.saved("new3"), Self.mark(number)), try Self.log(2))
            #expect(Self.names(agreement) == ["new3", "old"])
            let lines = try #require(agreement.state?.findings)
            #expect(lines.first?.level == level)
            #expect(
                lines.last
                    == Restoration.Line(
                        level: .critical, text: "revoked in revocations.log only: old"))
            #expect(!agreement.isAgreed && agreement.mark == Self.mark(number))
        }
    }

    @Test("files of two branches have the same number; both revoke")
    func branches() throws {
        var branch = Self.mark(3)
        branch.time = branch.time + .seconds(1)
        let databases: [StateAgreement.Database] = [
            .whole(Self.saved("old", "new3"), branch), .whole(Self.saved("mine"), branch),
            .whole(Self.saved("mine"), Self.mark(3)), .whole(Self.saved(), Self.mark(3)),
        ]
        for database in databases {
            let agreement = Self.agreement(database, try Self.log(3))
            #expect(Set(Self.names(agreement) ?? []).isSuperset(of: ["new3", "old"]))
            #expect(agreement.state?.findings.first?.level == .critical)
            #expect(!agreement.isAgreed)
        }
    }

    @Test("one damaged digit early in the log hides no later save, so an older database is noticed")
    func damageAndStaleDatabase() throws {
        var bytes = RevocationLog.text(Self.mark(2), [Self.revocation("old")])
        let length = bytes.count
        var sum = Checksum()
        sum.add(bytes)
        for (number, names) in [(Int64(3), ["new3"]), (4, []), (5, ["new5"])] {
            var changes = StateChanges(time: Saved.time)
            changes.revocations = names.map { Self.revocation($0) }
            bytes += RevocationLog.text(Self.mark(number), changes, after: &sum)
        }
        bytes[length - 2] = bytes[length - 2] == 0x30 ? 0x31 : 0x30
        let log = StateAgreement.Log.read(try #require(RevocationLog(bytes)))
        let agreement = Self.agreement(.whole(Self.saved(), Self.mark(2)), log)
        #expect(Self.names(agreement) == ["new3", "new5", "old"])
        #expect(agreement.state?.findings.first?.level == .critical)
        // Of a database that is not older, only what is in the damaged part counts as well.
        let late = Self.agreement(.whole(Self.saved(), Self.mark(5)), log)
        #expect(Self.names(late) == ["new3", "old"])
        let text = late.state?.findings.map { $0.text }
        #expect(
            text?.contains("revoked once, by what can be read of revocations.log: new5") == true)
    }

    @Test("a missing database beside a log is damage, and leaves revoked who is so by the log")
    func missingDatabase() throws {
        let agreement = Self.agreement(.missing, try Self.log(3))
        #expect(Self.names(agreement) == ["new3", "old"])
        #expect(agreement.mark == Self.mark(3))
        for log in [try Self.log(3), try Self.log(3, isTorn: true), .unreadable("EIO")] {
            let state = try #require(Self.agreement(.missing, log).state)
            #expect(state.damage?.hasPrefix("clients.db: it is missing, ") == true)
        }
    }

    @Test("of a damaged database, the log still says who is revoked")
    func damagedDatabase() throws {
        var saved = Self.saved("rest")
        saved.damage = "clients.db: damaged"
        let agreement = Self.agreement(.damaged(saved), try Self.log(3))
        #expect(Self.names(agreement) == ["new3", "old", "rest"])
        #expect(agreement.state?.damage == "clients.db: damaged")
        #expect(
            agreement.state?.findings.map { $0.text } == [
                "revoked, by what can be read and by revocations.log: new3, old, rest"
            ])
    }

    @Test("files that do not belong together: both revoke")
    func foreign() throws {
        let agreement = Self.agreement(
            .whole(Self.saved("mine"), Self.mark(9)), try Self.log(3, origin: 2))
        #expect(Self.names(agreement) == ["mine", "new3", "old"])
        #expect(agreement.state?.findings.first?.level == .critical)
        #expect(agreement.mark == Self.mark(9))
    }
}
