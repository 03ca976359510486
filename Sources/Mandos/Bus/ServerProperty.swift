/// A property of the server, of its interface `se.recompile.Mandos.Server1`.
enum ServerProperty: CaseIterable {
    case version, address, port, interface, serviceName, logLevel
    case stateProblems, addedClients

    init?(named name: String) {
        guard let property = Self.allCases.first(where: { $0.title.description == name }) else {
            return nil
        }
        self = property
    }

    var title: StaticString {
        switch self {
        case .version: "Version"
        case .address: "Address"
        case .port: "Port"
        case .interface: "Interface"
        case .serviceName: "ServiceName"
        case .logLevel: "LogLevel"
        case .stateProblems: "StateProblems"
        case .addedClients: "AddedClients"
        }
    }

    private var type: StaticString {
        switch self {
        case .version, .address, .interface, .serviceName, .logLevel, .stateProblems: "s"
        case .port: "q"
        case .addedClients: "ao"
        }
    }

    var access: InterfaceDescription.Access { self == .logLevel ? .readWrite : .read }

    private var announcement: InterfaceDescription.Announcement {
        switch self {
        case .version, .address, .port, .interface: .never
        case .serviceName, .logLevel, .stateProblems, .addedClients: .always
        }
    }

    var member: InterfaceDescription.Member {
        .property(title, type: type, access, announcement)
    }
}
