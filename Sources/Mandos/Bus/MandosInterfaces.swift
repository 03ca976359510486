/// The interfaces of this server. Each of the two for clients and the server exists twice, as it did
/// since the project moved: once under its name, and once, deprecated, under the one from before.
enum MandosInterfaces {
    static let busNames = ["se.recompile.Mandos", "se.bsnet.fukt.Mandos"]

    static let server: StaticString = "se.recompile.Mandos"
    static let legacyServer: StaticString = "se.bsnet.fukt.Mandos"
    static let client: StaticString = "se.recompile.Mandos.Client"
    static let legacyClient: StaticString = "se.bsnet.fukt.Mandos.Client"
    static let properties: StaticString = "org.freedesktop.DBus.Properties"
    static let introspectable: StaticString = "org.freedesktop.DBus.Introspectable"
    static let objectManager: StaticString = "org.freedesktop.DBus.ObjectManager"
    /// What this server has and others do not. Its number grows with incompatible changes.
    static let extendedServer: StaticString = "se.recompile.Mandos.Server1"

    /// The same under two names.
    static let servers: [StaticString] = [server, legacyServer]
    static let clients: [StaticString] = [client, legacyClient]
    /// What the object of a client has besides.
    static let ofClientBesides: [StaticString] = [introspectable, properties]

    static var rootObject: [InterfaceDescription] {
        [
            introspection, propertyAccess, manager, serverDescription(server),
            serverDescription(legacyServer, isDeprecated: true), extendedServerDescription,
        ]
    }

    static var clientObject: [InterfaceDescription] {
        [
            introspection, propertyAccess, clientDescription(client),
            clientDescription(legacyClient, isDeprecated: true),
        ]
    }

    static var otherNode: [InterfaceDescription] { [introspection] }

    private static func serverDescription(
        _ name: StaticString, isDeprecated: Bool = false
    ) -> InterfaceDescription {
        InterfaceDescription(
            name: name, isDeprecated: isDeprecated,
            members: [
                .deprecated(.method("GetAllClients", gives: [.init(name: nil, type: "ao")])),
                .deprecated(
                    .method(
                        "GetAllClientsWithProperties",
                        gives: [.init(name: nil, type: "a{oa{sv}}")])),
                .method("RemoveClient", takes: [.init(name: "object_path", type: "o")]),
                .signal("ClientAdded", [.init(name: "objpath", type: "o")]),
                .deprecated(
                    .signal(
                        "ClientRemoved",
                        [.init(name: "objpath", type: "o"), .init(name: "name", type: "s")])),
                .signal(
                    "ClientNotFound",
                    [.init(name: "key_id", type: "s"), .init(name: "address", type: "s")]),
            ])
    }

    private static func clientDescription(
        _ name: StaticString, isDeprecated: Bool = false
    ) -> InterfaceDescription {
        InterfaceDescription(
            name: name, isDeprecated: isDeprecated,
            members: clientMethods + clientSignals + ClientObjectProperty.allCases.map { $0.member }
        )
    }

    private static var clientMethods: [InterfaceDescription.Member] {
        [
            .method("Approve", takes: [.init(name: "value", type: "b")]),
            .method("CheckedOK"),
            .deprecated(.method("Enable")),
            .deprecated(.method("Disable")),
            .deprecated(.method("StartChecker")),
            .deprecated(.method("StopChecker")),
        ]
    }

    private static var clientSignals: [InterfaceDescription.Member] {
        [
            .signal("CheckerStarted", [.init(name: "command", type: "s")]),
            .signal(
                "CheckerCompleted",
                [
                    .init(name: "exitcode", type: "n"), .init(name: "waitstatus", type: "x"),
                    .init(name: "command", type: "s"),
                ]),
            .signal("GotSecret"),
            .signal(
                "NeedApproval",
                [.init(name: "timeout", type: "t"), .init(name: "default", type: "b")]),
            .signal("Rejected", [.init(name: "reason", type: "s")]),
            .deprecated(
                .signal(
                    "PropertyChanged",
                    [.init(name: "property", type: "s"), .init(name: "value", type: "v")])),
        ]
    }

    private static var extendedServerDescription: InterfaceDescription {
        InterfaceDescription(
            name: extendedServer,
            members: [
                .method(
                    "AddClient", takes: [.init(name: "options", type: "a{sv}")],
                    gives: [.init(name: "object_path", type: "o")])
            ] + ServerProperty.allCases.map { $0.member })
    }
}

// Those of the D-Bus specification, “Standard Interfaces”.
extension MandosInterfaces {
    private static var introspection: InterfaceDescription {
        InterfaceDescription(
            name: introspectable,
            members: [.method("Introspect", gives: [.init(name: "xml_data", type: "s")])])
    }

    private static var propertyAccess: InterfaceDescription {
        InterfaceDescription(
            name: properties,
            members: [
                .method(
                    "Get",
                    takes: [
                        .init(name: "interface_name", type: "s"),
                        .init(name: "property_name", type: "s"),
                    ], gives: [.init(name: "value", type: "v")]),
                .method(
                    "Set",
                    takes: [
                        .init(name: "interface_name", type: "s"),
                        .init(name: "property_name", type: "s"), .init(name: "value", type: "v"),
                    ]),
                .method(
                    "GetAll", takes: [.init(name: "interface_name", type: "s")],
                    gives: [.init(name: "props", type: "a{sv}")]),
                .signal(
                    "PropertiesChanged",
                    [
                        .init(name: "interface_name", type: "s"),
                        .init(name: "changed_properties", type: "a{sv}"),
                        .init(name: "invalidated_properties", type: "as"),
                    ]),
            ])
    }

    private static var manager: InterfaceDescription {
        InterfaceDescription(
            name: objectManager,
            members: [
                .method(
                    "GetManagedObjects",
                    gives: [
                        .init(name: "objpath_interfaces_and_properties", type: "a{oa{sa{sv}}}")
                    ]),
                .signal(
                    "InterfacesAdded",
                    [
                        .init(name: "object_path", type: "o"),
                        .init(name: "interfaces_and_properties", type: "a{sa{sv}}"),
                    ]),
                .signal(
                    "InterfacesRemoved",
                    [.init(name: "object_path", type: "o"), .init(name: "interfaces", type: "as")]),
            ])
    }
}
