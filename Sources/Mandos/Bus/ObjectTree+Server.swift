// What can be called of the server itself.
extension ObjectTree {
    func listClients(_ call: BusMessage) throws(BusError) {
        try call.expectEnd()
        try reply(call) { message in
            message.append(.array, "o") {
                for name in registry.names {
                    if let path = service.paths[name] { message.append(path, as: .objectPath) }
                }
            }
        }
    }

    /// Answers with all clients, bit by bit.
    func beginAnswer(_ call: BusMessage, _ content: ClientsAnswer.Content) throws(BusError) {
        try call.expectEnd()
        guard session.outbox.workCount < Self.answersMax else {
            throw BusError(.limitsExceeded, "others are being told of all clients, try again later")
        }
        session.outbox.begin(try ClientsAnswer(call, content, session))
    }

    /// Each may take megabytes once it is made.
    private static let answersMax = 16

    func removeClient(_ call: BusMessage) throws(BusError) {
        let (type, _) = try call.needNext()
        // A text is as good as a path.
        let path = try call.readString(type == .string ? .string : .objectPath)
        try call.expectEnd()
        guard let name = service.paths.name(at: path) else {
            throw BusError(.unknownObject, "there is no client \(path)")
        }
        try acting(call) { () throws(BusError) in registry.remove(name) }
        try replyWhenDurable(call)
    }

    func addClient(_ call: BusMessage) throws(BusError) {
        call.wipeAtEnd()
        let client = try NewClient(call).settings()
        try call.expectEnd()
        try acting(call) { () throws(BusError) in
            do throws(AddProblem) {
                try registry.add(client)
            } catch {
                throw BusError(.invalidArguments, "\(error.option): \(error.text)")
            }
        }
        let path = service.paths[client.name] ?? "/"
        try replyWhenDurable(call) { $0.append(path, as: .objectPath) }
    }

    func getOfServer(_ call: BusMessage) throws(BusError) {
        let property = try readServerProperty(call)
        try call.expectEnd()
        try reply(call) { $0.append(variant: service.value(of: property)) }
    }

    func getAllOfServer(_ call: BusMessage) throws(BusError) {
        let interface = try call.readString()
        try call.expectEnd()
        let isKnown =
            interface.isEmpty || interface == MandosInterfaces.extendedServer.description
        try reply(call) { message in
            message.append(.array, "{sv}") {
                for property in ServerProperty.allCases where isKnown {
                    message.append(property.title, service.value(of: property))
                }
            }
        }
    }

    func setOfServer(_ call: BusMessage) throws(BusError) {
        let property = try readServerProperty(call)
        guard property == .logLevel else {
            throw BusError(.propertyReadOnly, "\(property.title) cannot be set")
        }
        let name = try call.readText()
        guard let level = LogLevel(name: name) else {
            throw BusError(.invalidArguments, "LogLevel: expected a log level such as INFO")
        }
        let isNew = level != service.log.threshold
        service.log.threshold = level
        if isNew { session.announce(.logLevel) }
        try reply(call)
    }

    private func readServerProperty(_ call: BusMessage) throws(BusError) -> ServerProperty {
        let interface = try call.readString()
        let title = try call.readString()
        guard interface == MandosInterfaces.extendedServer.description else {
            throw BusError(.unknownInterface, "there are no properties of “\(interface)” here")
        }
        guard let property = ServerProperty(named: title) else {
            throw BusError(.unknownProperty, "there is no property “\(title)” of \(interface)")
        }
        return property
    }
}

extension BusService {
    func value(of property: ServerProperty) -> PropertyValue {
        switch property {
        case .version: .string(Version.current)
        case .address: .string(facts.address)
        case .port: .uint16(facts.port)
        case .interface: .string(facts.interface)
        case .serviceName: .string(facts.serviceName)
        case .logLevel: .string(log.threshold.label)
        case .stateProblems: .string(facts.stateProblems.joined(separator: "\n"))
        case .addedClients:
            .objectPaths(added.sorted().compactMap { paths[$0] })
        }
    }
}

extension AddProblem {
    /// The option of AddClient that is refused.
    fileprivate var option: StaticString {
        switch self {
        case .name: "name"
        case .keyID, .sharedKey: "key_id"
        case .fingerprint: "fingerprint"
        }
    }
}
