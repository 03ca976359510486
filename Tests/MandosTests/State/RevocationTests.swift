import Reactor
import Testing

@testable import Mandos

/// Each row of the table in mandos(8), REVOCATION.
@Suite("Revocation belongs to the key") struct RevocationTests {
    private let now = Saved.time + .seconds(60)
    private let keyA = ClientKey(
        keyID: KeyID(hex: String(repeating: "A", count: 64)), fingerprint: nil)
    private let keyD = ClientKey(
        keyID: KeyID(hex: String(repeating: "D", count: 64)), fingerprint: nil)

    private func section(
        _ name: String, _ key: ClientKey, isEnabled: Bool = true
    ) -> ClientSettings {
        Saved.section(name, key, isEnabled: isEnabled)
    }

    private func saved(
        _ settings: ClientSettings, _ current: SavedClient.Current? = Saved.current()
    ) -> SavedClient {
        var client = Saved.client(settings, current)
        client.configuredKey = ClientKey(settings)
        return client
    }

    private func revocation(
        _ name: String, _ key: ClientKey, _ reason: Revocation.Reason = .disabled
    ) -> Revocation {
        Revocation(ClientName(name), key, reason, when: Saved.time, by: "uid 0 over D-Bus")
    }

    private let disabled = Saved.current { $0.isEnabled = false }
    private let stateKey = SharedSecret(sensitive("a key that is thirty-two bytes.."))

    private func added(_ key: ClientKey, isEnabled: Bool = true) -> SavedClient.Current {
        Saved.current { current in
            current.addedKey = key
            current.isEnabled = isEnabled
            current.changed = ClientValues(Saved.settings())
            current.changed.isEnabled = nil
            current.secret = sensitive("added").withBytes { plain in
                stateKey.withBytes { SealedBytes(sealing: plain, under: $0, for: "alpha") }
            }
        }
    }

    private func restore(
        _ configured: [ClientSettings], _ clients: [SavedClient], _ revocations: [Revocation],
        isDoubtful: Bool = false
    ) -> Restoration {
        var state = SavedState()
        for client in clients { state.clients[client.name] = client }
        state.newest = Saved.time
        state.revocations = revocations
        state.isDoubtful = isDoubtful
        var input = RestorationInput(configured.map { SharedSettings($0) }, now: now)
        input.stateKey = stateKey
        return Restoration(input, saved: state)
    }

    private func starts(_ result: Restoration) -> [String: ClientHistory.Start] {
        var starts: [String: ClientHistory.Start] = [:]
        for record in result.records { starts[record.settings.name.text] = record.start }
        return starts
    }

    private func warns(_ result: Restoration, _ words: String) -> Bool {
        result.lines.contains { $0.level == .warning && $0.text.contains(words) }
    }

    @Test("of the same key and name, one that only tells of a replaced key gives way to any other")
    func outweighs() {
        func revocation(_ reason: Revocation.Reason) -> Revocation {
            let key = ClientKey(keyID: nil, fingerprint: nil)
            return Revocation(ClientName("a"), key, reason, when: Saved.time, by: "uid 0")
        }
        #expect(revocation(.replaced).outweighs(nil))
        #expect(revocation(.disabled).outweighs(revocation(.replaced)))
        #expect(!revocation(.replaced).outweighs(revocation(.replaced)))
        #expect(!revocation(.disabled).outweighs(revocation(.removed)))
        var all = [revocation(.replaced)]
        let taken = all.unite([revocation(.disabled), revocation(.removed)])
        #expect(taken == [revocation(.disabled)])
        #expect(all == [revocation(.disabled)])
    }

    @Test("a removed key stays revoked after its name was given to a client that was added")
    func nameTaken() throws {
        let alpha = section("alpha", keyA)
        let result = restore(
            [alpha], [saved(alpha, added(keyD))], [revocation("alpha", keyA, .removed)])
        #expect(result.records.map { ClientKey($0.settings) } == [keyD])
        #expect(result.records.first?.isAdded == true)
        #expect(result.revocations.applying(to: alpha.name, keyA).count == 1)
    }

    @Test("an unchanged section returns with its state, whoever was served meanwhile")
    func returns() {
        let alpha = section("alpha", keyA)
        var away = saved(alpha, disabled)
        away.absent = .seconds(1000)
        let result = restore([alpha], [away], [revocation("alpha", keyA)])
        #expect(starts(result) == ["alpha": .disabled])
        var removed = saved(alpha, nil)
        removed.absent = .zero
        #expect(restore([alpha], [removed], []).records.isEmpty)
    }

    @Test("a section that is renamed is served, and a warning tells which revocation ended")
    func renamed() {
        let result = restore(
            [section("beta", keyA)], [saved(section("alpha", keyA), disabled)],
            [revocation("alpha", keyA)])
        #expect(starts(result) == ["beta": .enabled])
        #expect(
            warns(
                result,
                "client beta: is new in clients.conf, which ends the revocation of its key as "
                    + "alpha: disabled at 2027-01-15 08:00:00"))
        #expect(result.revocations.isEmpty)
        #expect(result.kept.map { $0.name.text } == ["alpha"])
    }

    @Test("a section that was known before is disabled if its key was revoked under another name")
    func otherName() {
        let beta = section("beta", keyA)
        let result = restore([beta], [saved(beta)], [revocation("alpha", keyA)])
        #expect(starts(result) == ["beta": .disabled])
        #expect(warns(result, "client beta: disabled: its key was revoked as alpha"))
    }

    @Test("a section with another key begins anew, and its old key is revoked")
    func rekeyed() {
        let result = restore(
            [section("alpha", keyD)], [saved(section("alpha", keyA), disabled)],
            [revocation("alpha", keyA)])
        #expect(starts(result) == ["alpha": .enabled])
        #expect(warns(result, "client alpha: has another key in clients.conf"))
        #expect(result.revocations.all.map { $0.reason } == [.disabled])
        let healthy = restore(
            [section("alpha", keyD)], [saved(section("alpha", keyA))], [])
        #expect(healthy.revocations.all.map { $0.reason } == [.replaced])
    }

    @Test("a section that returns to an earlier key ends only that it was replaced")
    func keyReturns() {
        let (alpha, other) = (section("alpha", keyA), section("alpha", keyD))
        for reason: Revocation.Reason in [.disabled, .expired, .lost, .removed] {
            let result = restore([alpha], [saved(other)], [revocation("alpha", keyA, reason)])
            #expect(starts(result) == (reason == .removed ? [:] : ["alpha": .disabled]))
            #expect(warns(result, "stays without trust, although it has another key"))
            #expect(result.revocations[alpha.name, keyA]?.reason == reason)
        }
        let replaced = restore([alpha], [saved(other)], [revocation("alpha", keyA, .replaced)])
        #expect(starts(replaced) == ["alpha": .enabled])
        #expect(warns(replaced, "another key in clients.conf, which ends its revocation: replaced"))
        let elsewhere = restore(
            [alpha], [saved(other)],
            [revocation("alpha", keyA, .replaced), revocation("beta", keyA)])
        #expect(starts(elsewhere) == ["alpha": .disabled])
        #expect(elsewhere.revocations.applying(to: alpha.name, keyA).allSatisfy { $0.key == keyA })
    }

    @Test("a section whose earlier key returns does not displace a client that was added")
    func keyReturnsBesideAdded() {
        let keyE = ClientKey(keyID: KeyID(hex: String(repeating: "E", count: 64)), fingerprint: nil)
        let result = restore(
            [section("alpha", keyA)], [saved(section("alpha", keyE), added(keyD))],
            [revocation("alpha", keyA)])
        #expect(result.records.map { ClientKey($0.settings) } == [keyD])
        #expect(result.revocations[ClientName("alpha"), keyA]?.reason == .disabled)
    }

    @Test("a section that has lost its fingerprint is known by its key ID")
    func fingerprintLost() {
        let both = ClientKey(keyID: keyA.keyID, fingerprint: Fingerprint("F00D"))
        let alpha = section("alpha", keyA)
        let result = restore([alpha], [], [revocation("alpha", both)])
        #expect(starts(result) == ["alpha": .disabled])
        #expect(result.revocations.all == [revocation("alpha", both)])
        #expect(restore([alpha], [], [revocation("alpha", both, .removed)]).records.isEmpty)
    }

    @Test("while the files do not agree, no change of clients.conf ends a revocation")
    func doubtful() {
        let alpha = section("alpha", keyA)
        let off = section("alpha", keyA, isEnabled: false)
        let others: [[SavedClient]] = [
            [], [saved(off, disabled)], [saved(off, nil)], [saved(section("alpha", keyD))],
        ]
        for clients in others {
            for name in ["alpha", "beta"] {
                let result = restore(
                    [alpha], clients, [revocation(name, keyA)], isDoubtful: true)
                #expect(!starts(result).values.contains(.enabled))
                #expect(!result.revocations.applying(to: alpha.name, keyA).isEmpty)
            }
        }
    }

    @Test("without restoring, each revocation that ends is named, whichever change would end it")
    func notRestored() {
        func ignore(
            _ configured: ClientSettings, _ client: SavedClient, _ revocations: Revocation...
        ) -> Restoration {
            var state = Saved.state(client)
            state.revocations = revocations
            return .ignoring(state, [SharedSettings(configured)], now: now)
        }
        let (alpha, off) = (section("alpha", keyA), section("alpha", keyA, isEnabled: false))
        let renamed = ignore(
            section("beta", keyA), saved(alpha, disabled), revocation("alpha", keyA))
        #expect(warns(renamed, "client beta: not restored, which ends the revocation of its key"))
        let rekeyed = ignore(
            alpha, saved(section("alpha", keyD), disabled), revocation("alpha", keyA))
        #expect(warns(rekeyed, "client alpha: not restored, which ends its revocation: disabled"))
        #expect(warns(ignore(alpha, saved(off, disabled)), "although they were disabled: alpha"))
        #expect(warns(ignore(alpha, saved(off, nil)), "although they were removed: alpha"))
        let displaced = ignore(
            alpha, saved(alpha, added(keyD)), revocation("alpha", keyA, .removed))
        #expect(warns(displaced, "client alpha: not restored, which ends its revocation: removed"))
        let disabledHere = ignore(off, saved(alpha, disabled), revocation("alpha", keyA))
        #expect(disabledHere.lines == [] && disabledHere.revocations.all.count == 1)
        let approving = Saved.current { $0.changed.isApprovedByDefault = false }
        #expect(
            warns(
                ignore(alpha, saved(alpha, approving)),
                "client alpha: clients.conf grants it more than before: approved_by_default = True"
            ))
    }

    @Test("a section that is switched on is told of, also if nothing revoked its key")
    func switchedOnQuietly() {
        let off = section("alpha", keyA, isEnabled: false)
        for current in [disabled, nil] {
            let result = restore([section("alpha", keyA)], [saved(off, current)], [])
            #expect(warns(result, "client alpha: was enabled in clients.conf"))
        }
        #expect(restore([section("alpha", keyA)], [saved(off)], []).lines == [])
        let alone = SavedClient(
            name: ClientName("alpha"), configured: nil, current: added(keyA, isEnabled: false))
        let gained = restore([section("alpha", keyA)], [alone], [])
        #expect(starts(gained) == ["alpha": .enabled])
        #expect(warns(gained, "client alpha: is enabled in clients.conf, but was added disabled"))
    }

    @Test("a section that is switched on in clients.conf ends its revocation")
    func switchedOn() {
        let off = section("alpha", keyA, isEnabled: false)
        for current in [disabled, nil] {
            let result = restore(
                [section("alpha", keyA)], [saved(off, current)], [revocation("alpha", keyA)])
            #expect(starts(result) == ["alpha": .enabled])
            #expect(warns(result, "was enabled in clients.conf, which ends its revocation"))
        }
    }

    @Test("a client that expires at the start is revoked by expiry")
    func expired() {
        let alpha = section("alpha", keyA)
        let current = Saved.current {
            $0.liveness.lastCheckerStatus = 1
            $0.liveness.expires = Saved.time
        }
        let result = restore([alpha], [saved(alpha, current)], [])
        #expect(starts(result) == ["alpha": .disabled])
        #expect(result.revocations.all.map { "\($0.reason) \($0.by)" } == ["expired expiry"])
    }

    @Test("a client that was added comes back with its secret, or is left out")
    func addedClient() {
        let alone = SavedClient(
            name: ClientName("alpha"), configured: nil, current: added(keyD))
        let result = restore([section("beta", keyA)], [alone], [])
        #expect(starts(result) == ["beta": .enabled, "alpha": .resumed])
        let record = result.records.last
        #expect(record?.isAdded == true)
        #expect(record.map { bytes(of: $0.settings.secret) } == Array("added".utf8))
        let revoked = restore([section("beta", keyA)], [alone], [revocation("other", keyD)])
        #expect(starts(revoked)["alpha"] == .disabled)
        var broken = alone
        broken.current?.secret = SealedBytes(saved: [1, 2, 3])
        let leftOut = restore([section("beta", keyA)], [broken], [])
        #expect(starts(leftOut) == ["beta": .enabled])
        #expect(leftOut.kept == [broken])
        #expect(leftOut.lines.contains { $0.level == .error && $0.text.contains("left out") })
    }

    @Test("clients.conf takes over a client that was added, with its state, by name and key")
    func gained() {
        let alone = SavedClient(
            name: ClientName("alpha"), configured: nil, current: added(keyD, isEnabled: false))
        let same = restore([section("alpha", keyD)], [alone], [revocation("alpha", keyD)])
        #expect(starts(same) == ["alpha": .disabled])
        #expect(same.records.first?.isAdded == false)
        let other = restore([section("alpha", keyA)], [alone], [])
        #expect(starts(other) == ["alpha": .enabled])
        #expect(warns(other, "clients.conf has it with another key"))
        #expect(other.revocations.all.map { $0.key } == [keyD])
        let renamed = restore([section("beta", keyD)], [alone], [revocation("alpha", keyD)])
        #expect(starts(renamed) == ["beta": .enabled])
        #expect(warns(renamed, "gone now: clients.conf has its key as client beta"))
        #expect(warns(renamed, "which ends the revocation of its key as alpha"))
        let taken = restore(
            [section("beta", keyD)], [saved(section("alpha", keyA), added(keyD))], [])
        #expect(taken.kept.map { $0.current?.isEnabled } == [true])
        #expect(taken.kept.map { $0.current?.addedKey } == [nil])
    }

    @Test("a client that was added is not served if two sections of clients.conf have its key")
    func shared() {
        var state = SavedState()
        state.clients[ClientName("alpha")] = SavedClient(
            name: ClientName("alpha"), configured: nil, current: added(keyD))
        var input = RestorationInput([], now: now)
        input.stateKey = stateKey
        input.rejected = [ClientName("b"), ClientName("c")]
        input.sharedKeys = input.rejected.map { SharedKey($0, keyD) }
        let result = Restoration(input, saved: state)
        #expect(result.records.isEmpty && result.kept.count == 1)
    }

    @Test("state without revocations, as of an earlier version, gets them")
    func migrated() {
        let (alpha, beta) = (section("alpha", keyA), section("beta", keyD))
        let result = restore(
            [alpha, beta], [Saved.client(alpha, disabled), Saved.client(beta, nil)], [])
        #expect(starts(result) == ["alpha": .disabled])
        #expect(
            result.revocations.all.map { "\($0.name.text) \($0.reason) \($0.by)" } == [
                "alpha disabled an earlier run", "beta removed an earlier run",
            ])
    }

    @Test("runs with a clock that stood still make no revocation forgotten")
    func clockStoodStill() {
        func absence(_ began: Int64, saved: Int64) -> Duration? {
            var state = SavedState()
            state.newest = WallTime(microseconds: saved)
            state.revocations = [
                Revocation(
                    ClientName("gone"), keyD, .disabled, when: WallTime(microseconds: began),
                    by: "uid 0 over D-Bus")
            ]
            let input = RestorationInput([SharedSettings(section("alpha", keyA))], now: now)
            return Restoration(input, saved: state).revocations.all.first?.absent
        }
        let time = Saved.time.microseconds
        #expect(absence(time, saved: time) == .seconds(60))
        // The clock began in 1970, or at the time at which the system was made.
        #expect(absence(time, saved: 3_600_000_000) == .zero)
        #expect(absence(3_600_000_000, saved: 7_200_000_000) == .zero)
        #expect(absence(time, saved: time - 40 * 86_400_000_000) == .zero)
        #expect(absence(time - 40 * 86_400_000_000, saved: time) == .seconds(60))
    }

    @Test("a revocation that clients.conf has had no section for too long is forgotten")
    func forgotten() {
        var old = revocation("gone", keyD)
        old.absent = .seconds(365 * 86_400)
        let result = restore([section("alpha", keyA)], [], [old])
        #expect(result.revocations.isEmpty)
        #expect(warns(result, "client gone: not in clients.conf with that key for too long"))
        old.absent = .seconds(364 * 86_400)
        #expect(restore([section("alpha", keyA)], [], [old]).revocations.all.count == 1)
    }
}
