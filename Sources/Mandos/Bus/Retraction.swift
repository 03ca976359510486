/// Takes all clients off the bus, when the service ends.
final class Retraction: BulkWork {
    private let session: BusSession
    private var names: ArraySlice<ClientName>
    private static let clientsPerTurn = 64

    init(_ session: BusSession) {
        self.session = session
        names = session.service.registry.names[...]
    }

    func step() -> Bool {
        for name in names.prefix(Self.clientsPerTurn) {
            if let path = session.service.paths[name] {
                session.announceRemoval(of: name, path, isFromOutbox: true)
            }
        }
        names = names.dropFirst(Self.clientsPerTurn)
        return names.isEmpty
    }
}
