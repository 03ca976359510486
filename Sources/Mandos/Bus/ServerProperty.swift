/// A property of the server, of its interface `se.recompile.Mandos.Server1`.
enum ServerProperty: CaseIterable {
    case version, address, port, interface, serviceName, logLevel

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
        }
    }

    private var type: StaticString {
        switch self {
        case .version, .address, .interface, .serviceName, .logLevel: "s"
        case .port: "q"
        }
    }

    var access: InterfaceDescription.Access { self == .logLevel ? .readWrite : .read }

    private var announcement: InterfaceDescription.Announcement {
        switch self {
        case .version, .address, .port, .interface: .never
        case .serviceName, .logLevel: .always
        }
    }

    var member: InterfaceDescription.Member {
        .property(title, type: type, access, announcement)
    }
}

/// What the server tells of itself.
package struct ServerFacts {
    /// On which it listens, as inet_ntop(3) writes it.
    package let address: String
    package let port: UInt16
    /// Empty: all of them.
    package let interface: String
    /// Under which it is announced.
    package internal(set) var serviceName: String

    package init(address: String, port: UInt16, interface: String, serviceName: String) {
        self.address = address
        self.port = port
        self.interface = interface
        self.serviceName = serviceName
    }
}
