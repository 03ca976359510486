import Reactor
import Testing

@testable import Mandos

/// All of clients.conf is enabled throughout, and its clients are served if nothing revokes them.
@Suite("State of a server in Python, beside saved state") struct StateMergeTests {
    private static func key(_ digit: Character) -> ClientKey {
        ClientKey(keyID: KeyID(hex: String(repeating: digit, count: 64)), fingerprint: nil)
    }

    private let keyA = key("A")
    private let keyB = key("B")
    private let keyC = key("C")
    private let disabled = Saved.current { $0.isEnabled = false }

    private func client(
        _ key: ClientKey?, _ current: SavedClient.Current? = Saved.current(),
        isConfigured: Bool = true
    ) -> SavedClient {
        var client = Saved.client(Saved.settings("foo", isEnabled: isConfigured), current)
        client.configuredKey = key
        return client
    }

    private func state(_ client: SavedClient?, _ revocations: Revocation...) -> SavedState {
        var state = SavedState()
        if let client { state.clients[client.name] = client }
        state.revocations = revocations
        return state
    }

    private func revocation(
        _ key: ClientKey, _ reason: Revocation.Reason = .disabled
    ) -> Revocation {
        Revocation(ClientName("foo"), key, reason, when: Saved.time, by: "uid 0 over D-Bus")
    }

    private func merge(
        _ pickled: SavedClient, over existing: SavedState = SavedState(), _ section: ClientKey
    ) -> SavedState {
        StateMerge(
            state(pickled), over: existing, sections: [Saved.section("foo", section)],
            now: Saved.time
        ).state
    }

    /// How the section begins at the next start; nil if it is not there.
    private func start(_ state: SavedState, _ section: ClientKey) -> ClientHistory.Start? {
        let settings = SharedSettings(Saved.section("foo", section))
        return Restoration([settings], saved: state, now: Saved.time).records
            .first { !$0.isAdded }?.start
    }

    @Test("a client that was disabled or removed since stays so, whatever the file says of it")
    func deniedSince() {
        let pickles = [
            client(keyA), client(keyA, disabled), client(keyC), client(keyC, nil),
            client(keyA, disabled, isConfigured: false), client(nil),
        ]
        for pickled in pickles {
            let disabled = merge(
                pickled, over: state(client(keyA, disabled), revocation(keyA)), keyA)
            #expect(start(disabled, keyA) != .enabled && start(disabled, keyA) != .resumed)
            let removed = merge(
                pickled, over: state(client(keyA, nil), revocation(keyA, .removed)), keyA)
            #expect(start(removed, keyA) == nil)
        }
    }

    @Test("a client that was disabled or removed in the file is so, by the key of then and of now")
    func deniedInFile() {
        let print = ClientKey(keyID: nil, fingerprint: Fingerprint("F00D"))
        let known: [SavedState] = [
            state(nil), state(client(keyA)), state(client(keyB)),
            state(client(keyA), revocation(keyA, .replaced)),
        ]
        for existing in known {
            for key in [keyA, keyC, print, nil] {
                let disabled = merge(client(key, disabled), over: existing, keyA)
                #expect(start(disabled, keyA) == .disabled)
                let removed = merge(client(key, nil), over: existing, keyA)
                #expect(start(removed, keyA) == nil)
                let revoked = Revocations(removed.revocations)
                #expect(revoked.own(ClientName("foo"), keyA)?.reason == .removed)
                if let key { #expect(revoked.own(ClientName("foo"), key)?.by == "import") }
            }
        }
    }

    @Test("a client of the file whose settings it lacks stays disabled")
    func withoutSettings() {
        let bare = SavedClient(
            name: ClientName("foo"), configured: nil, configuredKey: keyA, current: disabled)
        #expect(start(merge(bare, keyA), keyA) == .disabled)
    }

    @Test("the key of a client in the file is revoked although another was added under its name")
    func added() {
        let current = Saved.current { $0.addedKey = keyB }
        let alone = SavedClient(name: ClientName("foo"), configured: nil, current: current)
        let result = merge(client(keyA, disabled), over: state(alone), keyA)
        #expect(result.clients[alone.name] == alone)
        #expect(start(result, keyA) == nil)
        #expect(!Revocations(result.revocations).applying(to: alone.name, keyA).isEmpty)
    }

    @Test("a client that clients.conf switched on since begins so, if nobody had disabled it")
    func switchedOn() {
        let off = client(keyA, disabled, isConfigured: false)
        #expect(start(merge(off, keyA), keyA) == .enabled)
        #expect(start(merge(client(keyA, nil, isConfigured: false), keyA), keyA) == nil)
    }

    @Test("a setting of the file counts if it was changed over D-Bus, and not since in the other")
    func settings() {
        func inForce(_ value: String, old: String, later: String) -> String? {
            var pickled = client(keyA, Saved.current { $0.changed.host = value })
            pickled.configured?.host = old
            var existing = client(keyA)
            existing.configured?.host = later
            return merge(pickled, over: state(existing), keyA).clients[pickled.name]?.current?
                .changed.host
        }
        #expect(inForce("changed", old: "conf", later: "conf") == "changed")
        #expect(inForce("changed", old: "conf", later: "edited") == nil)
        #expect(inForce("conf", old: "conf", later: "edited") == nil)
    }

    @Test("an approval that is not given by default in one of both is not given")
    func approval() {
        let denied = Saved.current { $0.changed.isApprovedByDefault = false }
        let name = ClientName("foo")
        for (pickled, existing) in [(denied, Saved.current()), (Saved.current(), denied)] {
            let result = merge(client(keyA, pickled), over: state(client(keyA, existing)), keyA)
            #expect(result.clients[name]?.current?.changed.isApprovedByDefault == false)
        }
    }

    @Test("revocations of files that did not agree last longer than taking over another state")
    func doubtful() {
        let other = Revocation(ClientName("bar"), keyA, .disabled, when: Saved.time, by: "uid 0")
        let known = [nil, client(keyB), client(keyA, disabled, isConfigured: false)]
        for existing in known {
            var existing = state(existing, other)
            existing.isDoubtful = true
            let unrelated = Saved.client(Saved.settings("baz"))
            let result = merge(unrelated, over: existing, keyA)
            #expect(start(result, keyA) == .disabled)
        }
    }

    @Test("clients that the file does not have stay as they are")
    func others() {
        let other = Saved.client(Saved.settings("bar"), disabled)
        let result = merge(client(keyA), over: state(other, revocation(keyB)), keyA)
        #expect(result.clients[other.name] == other)
        #expect(result.revocations == [revocation(keyB)])
    }
}
