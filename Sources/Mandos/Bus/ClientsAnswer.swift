/// An answer with all clients, which may be tens of thousands: some of them in each turn.
final class ClientsAnswer: BulkWork {
    /// GetManagedObjects, or GetAllClientsWithProperties.
    enum Content { case objects, properties }

    private let call: BusMessage
    private let content: Content
    private let session: BusSession
    private let reply: BusMessage
    private var names: ArraySlice<ClientName>

    /// About a millisecond's worth.
    private static let clientsPerTurn = 64
    /// The bus ends the connection of whoever sends more: `max_message_size` in dbus-daemon(1) is
    /// 32 MiB.
    private static let bytesMax = 31 << 20
    /// What a client takes besides its path and properties.
    private static let bytesPerClientMax = 256
    private var pathBytes = 0

    init(_ call: BusMessage, _ content: Content, _ session: BusSession) throws(BusError) {
        self.call = call
        self.content = content
        self.session = session
        names = session.service.registry.names[...]
        reply = try call.newReply()
        reply.open(.array, content == .objects ? "{oa{sa{sv}}}" : "{oa{sv}}")
    }

    func step() -> Bool {
        for name in names.prefix(Self.clientsPerTurn) {
            // Removed meanwhile: that is told next.
            if let client = session.service.view(of: name) { append(client) }
        }
        names = names.dropFirst(Self.clientsPerTurn)
        if isTooLarge { return refuse() }
        guard names.isEmpty else { return false }
        reply.close()
        send(reply)
        return true
    }

    private func append(_ client: ClientView) {
        pathBytes += client.path.utf8.count
        switch content {
        case .objects:
            reply.append(.dictionaryEntry, "oa{sa{sv}}") {
                reply.append(client.path, as: .objectPath)
                reply.appendInterfaces(of: client)
            }
        case .properties:
            reply.append(.dictionaryEntry, "oa{sv}") {
                reply.append(client.path, as: .objectPath)
                reply.appendProperties(of: client)
            }
        }
    }

    private var isTooLarge: Bool {
        reply.entryBytes + pathBytes + session.service.registry.count * Self.bytesPerClientMax
            > Self.bytesMax
    }

    private func refuse() -> Bool {
        let error = BusError(
            .limitsExceeded, "too many clients for one message: use GetAllClients, and GetAll")
        do throws(BusError) { send(try call.newReply(error)) } catch {}
        return true
    }

    private func send(_ message: BusMessage) {
        do throws(BusError) {
            try session.connection.send(message)
        } catch {
            session.service.log.debug("D-Bus: not answered: \(error.text)")
        }
    }
}

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
