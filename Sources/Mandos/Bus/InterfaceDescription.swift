/// An interface as it is told to whoever asks for it, which is how mandos-ctl(8) learns of the types
/// of what it sends (D-Bus specification, “Introspection Data Format”).
struct InterfaceDescription {
    struct Argument {
        /// nil for one that has no name.
        let name: StaticString?
        let type: StaticString
    }

    enum Access { case read, write, readWrite }

    /// When a change of a property is announced.
    enum Announcement {
        case always, never
        /// That it has changed, but not to what.
        case invalidation
    }

    enum Member {
        case method(StaticString, takes: [Argument] = [], gives: [Argument] = [])
        case signal(StaticString, [Argument] = [])
        case property(StaticString, type: StaticString, Access, Announcement)
        indirect case deprecated(Member)
    }

    let name: StaticString
    var isDeprecated = false
    let members: [Member]
}

extension InterfaceDescription {
    /// The element of it in introspection data.
    var xml: String {
        let members = members.map { Self.xml($0, isDeprecated: false) }.joined()
        return "<interface name=\"\(name)\">\n\(isDeprecated ? Self.deprecation : "")\(members)"
            + "</interface>\n"
    }

    /// - Parameters:
    ///   - children: names of the nodes right below it.
    static func document(_ interfaces: [InterfaceDescription], children: [String]) -> String {
        var text = doctype + "<node>\n"
        for interface in interfaces { text += interface.xml }
        for child in children {
            text += "<node name=\""
            text += child
            text += "\"/>\n"
        }
        return text + "</node>\n"
    }

    private static let doctype: String = """
        <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
        "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">

        """

    private static let deprecation = annotation("org.freedesktop.DBus.Deprecated", "true")

    private static func annotation(_ name: StaticString, _ value: StaticString) -> String {
        "<annotation name=\"\(name)\" value=\"\(value)\"/>\n"
    }

    private static func xml(_ member: Member, isDeprecated: Bool) -> String {
        let note = isDeprecated ? deprecation : ""
        switch member {
        case .deprecated(let member): return xml(member, isDeprecated: true)
        case .method(let name, let takes, let gives):
            let arguments =
                takes.map { xml($0, direction: "in") } + gives.map { xml($0, direction: "out") }
            return "<method name=\"\(name)\">\n\(arguments.joined())\(note)</method>\n"
        case .signal(let name, let arguments):
            let arguments = arguments.map { xml($0, direction: nil) }.joined()
            return "<signal name=\"\(name)\">\n\(arguments)\(note)</signal>\n"
        case .property(let name, let type, let access, let announcement):
            return "<property name=\"\(name)\" type=\"\(type)\" access=\"\(access.text)\">\n"
                + "\(xml(announcement))\(note)</property>\n"
        }
    }

    private static func xml(_ argument: Argument, direction: StaticString?) -> String {
        let name = argument.name.map { " name=\"\($0)\"" } ?? ""
        let direction = direction.map { " direction=\"\($0)\"" } ?? ""
        return "<arg type=\"\(argument.type)\"\(name)\(direction)/>\n"
    }

    private static func xml(_ announcement: Announcement) -> String {
        let name: StaticString = "org.freedesktop.DBus.Property.EmitsChangedSignal"
        return switch announcement {
        case .always: ""  // the default
        case .never: annotation(name, "const")
        case .invalidation: annotation(name, "invalidates")
        }
    }
}

extension InterfaceDescription.Access {
    fileprivate var text: StaticString {
        switch self {
        case .read: "read"
        case .write: "write"
        case .readWrite: "readwrite"
        }
    }
}
