import Reactor

@testable import Mandos

/// A store in memory, of which a copy is what a crash leaves.
final class FleetStore: StateStore {
    private var rows: [ClientName: (client: SavedClient, saved: WallTime)] = [:]
    private var revocations: [Revocation.Identity: Revocation] = [:]
    private(set) var saves = 0

    func copy() -> FleetStore {
        let copy = FleetStore()
        copy.rows = rows
        copy.revocations = revocations
        return copy
    }

    func load(searching names: [ClientName]) throws(StateError) -> SavedState? {
        guard !rows.isEmpty else { return nil }
        var state = SavedState()
        for (name, row) in rows {
            state.clients[name] = row.client
            state.newest = max(state.newest ?? row.saved, row.saved)
            state.times[name] = row.saved
        }
        state.revocations = Array(revocations.values)
        return state
    }

    func save(_ changes: StateChanges, or complete: () -> StateChanges) throws(StateError) {
        saves += 1
        for name in changes.dropped { rows[name] = nil }
        for client in changes.clients { rows[client.name] = (client, changes.time) }
        for (name, liveness) in changes.liveness {
            rows[name]?.client.current?.liveness = liveness
            rows[name]?.saved = changes.time
        }
        for identity in changes.endedRevocations { revocations[identity] = nil }
        for revocation in changes.revocations { revocations[revocation.identity] = revocation }
    }

    func key(isMade: Bool) -> SharedSecret? { nil }

    func close() {}
    func takeForeign() -> ForeignState { ForeignState() }

    func takeNotes() -> [String] { [] }
}
