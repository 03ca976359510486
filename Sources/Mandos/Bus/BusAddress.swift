internal import CShims.Linux

/// Where the system bus is (D-Bus specification, “Well-known Message Bus Instances”).
package enum BusAddress {
    /// The addresses to try, in their order.
    package static var system: [String] {
        guard let text = unsafe getenv("DBUS_SYSTEM_BUS_ADDRESS") else { return [standard] }
        let list = unsafe list(String(cString: text))
        return list.isEmpty ? [standard] : list
    }

    private static let standard = "unix:path=/run/dbus/system_bus_socket"

    /// The parts of a list that is separated by semicolons.
    static func list(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ";")).map { String(Substring($0)) }
    }

    /// A socket of this machine. The other kinds look up names or start programs, and would wait
    /// for that.
    static func isLocal(_ address: String) -> Bool { address.utf8.starts(with: "unix:".utf8) }
}
