/// Announces the clients that are there when the service begins.
final class Introduction: BulkWork {
    private let session: BusSession
    private var names: ArraySlice<ClientName>
    private static let clientsPerTurn = 16

    init(_ session: BusSession) {
        self.session = session
        names = session.service.registry.names[...]
    }

    func step() -> Bool {
        for name in names.prefix(Self.clientsPerTurn) {
            session.announceObject(of: name, isFromOutbox: true)
        }
        names = names.dropFirst(Self.clientsPerTurn)
        return names.isEmpty
    }
}
