internal import Reactor

// What is told to everybody. Each signal leaves twice, under the interface's name and under the one
// from before, as DBUS-API.md says.
extension BusSession {
    func announce(_ property: ClientProperty, of name: ClientName) {
        guard isServing, let client = service.view(of: name) else { return }
        let property = ClientObjectProperty(property)
        guard let value = client.value(of: property) else {
            return announceInvalid(property, of: client)
        }
        send(client.path, MandosInterfaces.clients, "PropertyChanged") { message in
            message.append(property.title)
            message.append(variant: value)
        }
        send(client.path, [MandosInterfaces.properties], "PropertiesChanged") { message in
            message.append(MandosInterfaces.client)
            message.append(.array, "{sv}") { message.append(property.title, value) }
            message.append(.array, "s") {}
        }
    }

    /// It has changed, but to what is nobody's business.
    private func announceInvalid(_ property: ClientObjectProperty, of client: ClientView) {
        send(client.path, [MandosInterfaces.properties], "PropertiesChanged") { message in
            message.append(MandosInterfaces.client)
            message.append(.array, "{sv}") {}
            message.append(.array, "s") { message.append(property.title) }
        }
    }

    func emit(_ signal: ClientSignal, of name: ClientName) {
        guard isServing, let path = service.paths[name] else { return }
        switch signal {
        case .checkerStarted(let command):
            send(path, MandosInterfaces.clients, "CheckerStarted") { $0.append(command) }
        case .checkerCompleted(let status, let command):
            send(path, MandosInterfaces.clients, "CheckerCompleted") { message in
                message.append(status.exitCode)
                message.append(status.waitStatus)
                message.append(command)
            }
        case .gotSecret: send(path, MandosInterfaces.clients, "GotSecret") { _ in }
        case .needApproval(let delay, let isApprovedByDefault):
            send(path, MandosInterfaces.clients, "NeedApproval") { message in
                message.append(ClientView.wholeMilliseconds(delay))
                message.append(isApprovedByDefault)
            }
        case .rejected(let refusal):
            send(path, MandosInterfaces.clients, "Rejected") { $0.append(refusal.reason) }
        }
    }

    /// - Parameter isFromOutbox: whether it is the turn of this in the outbox already.
    func announceObject(of name: ClientName, isFromOutbox: Bool = false) {
        guard isServing, let client = service.view(of: name) else { return }
        let queue = isFromOutbox ? nil : outbox
        send("/", [MandosInterfaces.objectManager], "InterfacesAdded", queue) { message in
            message.append(client.path, as: .objectPath)
            message.appendInterfaces(of: client)
        }
        send("/", MandosInterfaces.servers, "ClientAdded", queue) {
            $0.append(client.path, as: .objectPath)
        }
    }

    /// - Parameter isFromOutbox: as above.
    func announceRemoval(of name: ClientName, _ path: String, isFromOutbox: Bool = false) {
        guard isServing || isFromOutbox else { return }
        let queue = isFromOutbox ? nil : outbox
        send("/", [MandosInterfaces.objectManager], "InterfacesRemoved", queue) { message in
            message.append(path, as: .objectPath)
            message.append(.array, "s") {
                for interface in MandosInterfaces.ofClientBesides + MandosInterfaces.clients {
                    message.append(interface)
                }
            }
        }
        send("/", MandosInterfaces.servers, "ClientRemoved", queue) { message in
            message.append(path, as: .objectPath)
            message.append(name.text)
        }
    }

    func announceStranger(_ keyID: KeyID, _ address: String) {
        guard isServing else { return }
        send("/", MandosInterfaces.servers, "ClientNotFound") { message in
            message.append(keyID.hex)
            message.append(address)
        }
    }

    func announce(_ property: ServerProperty) {
        guard isServing else { return }
        let value = service.value(of: property)
        send("/", [MandosInterfaces.properties], "PropertiesChanged") { message in
            message.append(MandosInterfaces.extendedServer)
            message.append(.array, "{sv}") { message.append(property.title, value) }
            message.append(.array, "s") {}
        }
    }

    /// Once for each interface.
    private func send(
        _ path: String, _ interfaces: [StaticString], _ member: StaticString,
        _ arguments: (BusMessage) -> Void
    ) {
        send(path, interfaces, member, outbox, arguments)
    }

    /// - Parameter outbox: nil to send at once.
    private func send(
        _ path: String, _ interfaces: [StaticString], _ member: StaticString, _ outbox: Outbox?,
        _ arguments: (BusMessage) -> Void
    ) {
        for interface in interfaces {
            do throws(BusError) {
                let message = try connection.newSignal(path, interface, member)
                arguments(message)
                if let outbox { outbox.send(message) } else { try connection.send(message) }
            } catch {
                service.log.debug("D-Bus: signal \(member): \(error.text)")
            }
        }
    }
}

extension ExitStatus {
    /// -1 if there is none.
    fileprivate var exitCode: Int16 {
        switch self {
        case .exited(let code): Int16(clamping: code)
        case .killed, .unknown: -1
        }
    }

    /// As wait(2) tells it.
    fileprivate var waitStatus: Int64 {
        switch self {
        case .exited(let code): Int64(code) << 8
        case .killed(let signal): Int64(signal)
        case .unknown: -1
        }
    }
}
