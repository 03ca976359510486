internal import CShims.Bus
internal import CShims.Linux

/// Why a call over D-Bus failed, or fails: one of the names that callers know, and a text for
/// people (D-Bus specification, “Message Protocol”, Errors).
package struct BusError: Error, Equatable {
    package let name: String
    package let message: String

    package init(_ name: StandardName, _ message: String) {
        self.name = "org.freedesktop.DBus.Error." + name.rawValue
        self.message = message
    }

    init(name: String, message: String) {
        self.name = name
        self.message = message
    }

    /// Those of <dbus/dbus-protocol.h> that this program sends or looks at.
    package enum StandardName: String {
        case failed = "Failed"
        case accessDenied = "AccessDenied"
        case disconnected = "Disconnected"
        case invalidArguments = "InvalidArgs"
        case limitsExceeded = "LimitsExceeded"
        case nameHasNoOwner = "NameHasNoOwner"
        case noMemory = "NoMemory"
        case noReply = "NoReply"
        case propertyReadOnly = "PropertyReadOnly"
        case serviceUnknown = "ServiceUnknown"
        case unknownInterface = "UnknownInterface"
        case unknownMethod = "UnknownMethod"
        case unknownObject = "UnknownObject"
        case unknownProperty = "UnknownProperty"
    }

    /// What was asked for is in force, but a restart would undo it.
    static let notSaved = "se.recompile.Mandos.NotSaved"

    package func isNamed(_ standard: StandardName) -> Bool {
        name == "org.freedesktop.DBus.Error." + standard.rawValue
    }

    /// Such as `org.freedesktop.DBus.Error.NoReply: Method call timed out`.
    package var text: String { message.isEmpty ? name : "\(name): \(message)" }
}

extension BusError {
    /// - Parameter code: what a function of sd-bus returned, a negative errno.
    init(_ call: StaticString, code: CInt) {
        self.init(.failed, "\(call): \(Self.reason(code))")
    }

    /// nil if the message is no error.
    init?(of message: BusMessage) {
        guard unsafe sd_bus_message_is_method_error(message.message, nil) > 0,
            let error = unsafe sd_bus_message_get_error(message.message)
        else { return nil }
        let name = unsafe error.pointee.name.map { unsafe String(cString: $0) }
        let text = unsafe error.pointee.message.map { unsafe String(cString: $0) }
        self.init(name: name ?? "", message: text ?? "")
    }

    static func reason(_ code: CInt) -> String {
        unsafe String(cString: cshim_error_text(code < 0 ? -code : code))
    }
}
