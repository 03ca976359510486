import Reactor
import Testing

@testable import Mandos

@Suite("The list of revocations") struct RevocationListTests {
    @Test("does not call a client that was added “not revoked” whose key is revoked")
    func addedAndRevoked() {
        let key = ClientKey(
            keyID: KeyID(hex: String(repeating: "A1", count: 32)), fingerprint: nil)
        let name = ClientName("add")
        var state = SavedState()
        state.clients[name] = SavedClient(
            name: name, configured: nil, current: Saved.current { $0.addedKey = key })
        #expect(RevocationList.lines(state).first?.contains("not revoked") == true)
        state.revocations = [Revocation(name, key, .disabled, when: Saved.time, by: "uid 0")]
        #expect(RevocationList.lines(state).count == 1)
    }

    @Test("says that clients which were not seen since the state was damaged start disabled")
    func unknownClients() {
        var state = SavedState()
        state.revocations = [.unknownClients(Saved.time)]
        #expect(
            RevocationList.lines(state) == [
                "every client that was not seen since: lost at \(Saved.time.text) by damage to the "
                    + "saved state"
            ])
    }
}
