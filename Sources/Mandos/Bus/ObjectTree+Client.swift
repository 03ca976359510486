// What can be called of the object of a client.
extension ObjectTree {
    func answerMethod(_ call: BusMessage, _ name: ClientName) throws(BusError) {
        switch call.member {
        case "Approve":
            let isApproved = try call.readTruth()
            try call.expectEnd()
            registry.decide(isApproved ? .approved : .denied, name)
        case "CheckedOK":
            try call.expectEnd()
            registry.noteCheckedOK(name)
        case "Enable":
            try call.expectEnd()
            registry.enable(name)
        case "Disable":
            try call.expectEnd()
            registry.disable(name, reason: Self.byRequest)
        case "StartChecker":
            try call.expectEnd()
            try startChecker(name)
        case "StopChecker":
            try call.expectEnd()
            registry.stopChecker(name)
        default: throw call.unknownMethod
        }
        try replyWhenDurable(call)
    }

    private static let byRequest = "by request"

    private func startChecker(_ name: ClientName) throws(BusError) {
        do throws(CheckerTemplateError) {
            try registry.startChecker(name)
        } catch {
            throw BusError(.failed, "checker: \(error.problem)")
        }
    }

    func get(_ call: BusMessage, _ name: ClientName) throws(BusError) {
        let property = try readProperty(call)
        try call.expectEnd()
        guard let value = try view(name).value(of: property) else {
            throw BusError(.invalidArguments, "\(property.title) cannot be read")
        }
        try reply(call) { $0.append(variant: value) }
    }

    /// An interface that nobody knows has no properties.
    func getAll(_ call: BusMessage, _ name: ClientName) throws(BusError) {
        let interface = try call.readString()
        try call.expectEnd()
        let view = try view(name)
        let isKnown =
            interface.isEmpty || MandosInterfaces.clients.contains { $0.description == interface }
        try reply(call) { message in
            guard isKnown else { return message.append(.array, "{sv}") {} }
            message.appendProperties(of: view)
        }
    }

    func set(_ call: BusMessage, _ name: ClientName) throws(BusError) {
        let property = try readProperty(call)
        if property == .secret { call.wipeAtEnd() }
        guard property.access != .read else {
            throw BusError(.propertyReadOnly, "\(property.title) cannot be set")
        }
        do throws(BusError) {
            try setValue(call, property, name)
        } catch {
            throw BusError(name: error.name, message: "\(property.title): \(error.message)")
        }
        try replyWhenDurable(call)
    }

    private func setValue(
        _ call: BusMessage, _ property: ClientObjectProperty, _ name: ClientName
    ) throws(BusError) {
        let (type, contents) = try call.needNext()
        guard type == .variant else { throw BusError(.invalidArguments, "expected a variant") }
        try call.enter(.variant, contents)
        switch property {
        case .enabled:
            try call.readTruth()
                ? registry.enable(name) : registry.disable(name, reason: Self.byRequest)
        case .checkerRunning:
            try call.readTruth() ? startChecker(name) : registry.stopChecker(name)
        case .lastCheckedOK: registry.noteCheckedOK(name)  // whatever the value
        default: registry.change(try readSetting(call, property), of: name)
        }
    }

    private func readSetting(
        _ call: BusMessage, _ property: ClientObjectProperty
    ) throws(BusError) -> ClientSetting {
        switch property {
        case .approvalDelay: return .approvalDelay(try call.readDuration())
        case .approvalDuration: return .approvalDuration(try call.readDuration())
        case .approvedByDefault: return .isApprovedByDefault(try call.readTruth())
        case .checker: return .checker(try call.readText())
        case .extendedTimeout: return .extendedTimeout(try call.readDuration())
        case .host: return .host(try call.readText())
        case .interval:
            let interval = try call.readDuration()
            guard interval > .zero else {
                throw BusError(.invalidArguments, "expected a time longer than zero")
            }
            return .interval(interval)
        case .secret:
            return .secret(SharedSecret(try call.readBytes { SensitiveBytes(copying: $0) }))
        case .timeout: return .timeout(try call.readDuration())
        case .approvalPending, .checkerRunning, .created, .enabled, .expires, .fingerprint, .keyID,
            .lastApprovalRequest, .lastCheckedOK, .lastCheckerStatus, .lastEnabled, .name,
            .objectPath:
            throw BusError(.propertyReadOnly, "cannot be set")
        }
    }

    private func readProperty(_ call: BusMessage) throws(BusError) -> ClientObjectProperty {
        let interface = try call.readString()
        let title = try call.readString()
        guard MandosInterfaces.clients.contains(where: { $0.description == interface }) else {
            throw BusError(.unknownInterface, "there is no interface “\(interface)” here")
        }
        guard let property = ClientObjectProperty(named: title) else {
            throw BusError(.unknownProperty, "there is no property “\(title)” of \(interface)")
        }
        return property
    }

    private func view(_ name: ClientName) throws(BusError) -> ClientView {
        guard let view = service.view(of: name) else {
            throw BusError(.unknownObject, "the client is gone")
        }
        return view
    }
}
