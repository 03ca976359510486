/// Answers calls for the objects of the server: finds the object, and what is wanted of it.
struct ObjectTree {
    let session: BusSession

    init(_ session: BusSession) { self.session = session }

    var service: BusService { session.service }
    var registry: ClientRegistry { session.service.registry }

    /// - Throws: what the caller is told instead.
    func answer(_ call: BusMessage) throws(BusError) {
        let path = call.path
        if path == "/" { return try answerRoot(call) }
        if let name = service.paths.name(at: path) { return try answerClient(call, name) }
        let children = service.paths.children(of: path)
        guard !children.isEmpty || path == ObjectPaths.parent else {
            throw BusError(.unknownObject, "there is no object \(path)")
        }
        guard call.isFor("Introspect", MandosInterfaces.introspectable) else {
            throw call.unknownMethod
        }
        try introspect(call, MandosInterfaces.otherNode, children: children)
    }

    private func answerRoot(_ call: BusMessage) throws(BusError) {
        switch call.member {
        case "Introspect" where call.isOf([MandosInterfaces.introspectable]):
            try introspect(
                call, MandosInterfaces.rootObject, children: service.paths.children(of: "/"))
        case "GetManagedObjects" where call.isOf([MandosInterfaces.objectManager]):
            session.callers.expect(call)
            try beginAnswer(call, .objects)
        case "GetAllClientsWithProperties" where call.isOf(MandosInterfaces.servers):
            try beginAnswer(call, .properties)
        case "GetAllClients" where call.isOf(MandosInterfaces.servers): try listClients(call)
        case "RemoveClient" where call.isOf(MandosInterfaces.servers): try removeClient(call)
        case "AddClient" where call.isOf([MandosInterfaces.extendedServer]): try addClient(call)
        case "Get" where call.isOf([MandosInterfaces.properties]): try getOfServer(call)
        case "Set" where call.isOf([MandosInterfaces.properties]): try setOfServer(call)
        case "GetAll" where call.isOf([MandosInterfaces.properties]): try getAllOfServer(call)
        default: throw call.unknownMethod
        }
    }

    private func answerClient(_ call: BusMessage, _ name: ClientName) throws(BusError) {
        switch call.member {
        case "Introspect" where call.isOf([MandosInterfaces.introspectable]):
            let children = service.paths.children(of: call.path)
            try introspect(call, MandosInterfaces.clientObject, children: children)
        case "Get" where call.isOf([MandosInterfaces.properties]): try get(call, name)
        case "Set" where call.isOf([MandosInterfaces.properties]):
            try acting(call) { () throws(BusError) in try set(call, name) }
        case "GetAll" where call.isOf([MandosInterfaces.properties]): try getAll(call, name)
        default:
            guard call.isOf(MandosInterfaces.clients) else { throw call.unknownMethod }
            try acting(call) { () throws(BusError) in try answerMethod(call, name) }
        }
    }

    /// Changes made by `body` count as the caller's.
    func acting(
        _ call: BusMessage, _ body: () throws(BusError) -> Void
    ) throws(BusError) {
        try registry.acting({ [callers = session.callers] in callers.author(of: call) }, body)
    }

    private func introspect(
        _ call: BusMessage, _ interfaces: [InterfaceDescription], children: [String]
    ) throws(BusError) {
        session.callers.expect(call)
        let text = InterfaceDescription.document(interfaces, children: children)
        try reply(call) { $0.append(text) }
    }

    func reply(
        _ call: BusMessage, _ values: (BusMessage) -> Void = { _ in }
    ) throws(BusError) {
        let message = try call.newReply()
        values(message)
        if message.failure < 0 { throw BusError(.noMemory, "the answer cannot be made") }
        session.outbox.send(message)
    }

    /// Says that it is done when that cannot be undone any more by a crash, or that it would be. Then
    /// what it changed has been announced already.
    func replyWhenDurable(
        _ call: BusMessage, _ values: @escaping (BusMessage) -> Void = { _ in }
    ) throws(BusError) {
        let message = try call.newReply()
        values(message)
        registry.whenDurable { [session] outcome in
            let problem = outcome.complaint.map { BusError(name: BusError.notSaved, message: $0) }
            let answer = problem.flatMap { try? call.newReply($0) } ?? message
            session.outbox.send(answer)
        }
    }
}

extension BusMessage {
    /// Also if the caller does not say of which interface a method is, which it need not.
    func isOf(_ interfaces: [StaticString]) -> Bool {
        guard let interface else { return true }
        return interfaces.contains { $0.description == interface }
    }

    func isFor(_ member: String, _ interface: StaticString) -> Bool {
        self.member == member && isOf([interface])
    }

    var unknownMethod: BusError {
        BusError(
            .unknownMethod, "there is no method \(interface ?? "").\(member) of object \(path)")
    }

    /// - Throws: if there is anything more to read.
    func expectEnd() throws(BusError) {
        guard try next() == nil else {
            throw BusError(.invalidArguments, "too many arguments: “\(signature)”")
        }
    }
}
