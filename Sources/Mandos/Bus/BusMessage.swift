internal import CShims.Bus

/// One message: a call, a reply, an error or a signal. Read from its start, value by value, or
/// filled from its start, see `BusMessage+Writing`.
///
/// It keeps its connection's memory alive, so it is not kept for longer than it takes to answer.
@safe package final class BusMessage {
    let message: OpaquePointer
    /// What the first failed append returned. Such a message cannot be sent.
    var failure: CInt = 0
    /// What the entries that were appended by name and value take, in bytes.
    var entryBytes = 0

    /// - Parameter message: whose reference is taken over.
    init(adopting message: OpaquePointer) { unsafe self.message = message }

    /// - Parameter message: borrowed from sd-bus, which keeps its own reference.
    init(retaining message: OpaquePointer) {
        unsafe self.message = sd_bus_message_ref(message)!
    }

    deinit { _ = unsafe sd_bus_message_unref(message) }

    package var path: String { unsafe Self.text(sd_bus_message_get_path(message)) ?? "" }
    /// nil where the caller left it out, which it may (D-Bus specification, “Header Fields”).
    package var interface: String? { unsafe Self.text(sd_bus_message_get_interface(message)) }
    package var member: String { unsafe Self.text(sd_bus_message_get_member(message)) ?? "" }
    /// The unique name of whoever sent it.
    package var sender: String? { unsafe Self.text(sd_bus_message_get_sender(message)) }
    package var signature: String {
        unsafe Self.text(sd_bus_message_get_signature(message, 1)) ?? ""
    }

    /// Has the memory of this message wiped before it is given back (sd_bus_message_sensitive(3)).
    package func wipeAtEnd() { _ = unsafe sd_bus_message_sensitive(message) }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        unsafe pointer.map { unsafe String(cString: $0) }
    }
}

/// The types of D-Bus that this program meets.
package enum BusType: UInt8 {
    case byte = 0x79  // y
    case boolean = 0x62  // b
    case int16 = 0x6E  // n
    case uint16 = 0x71  // q
    case int32 = 0x69  // i
    case uint32 = 0x75  // u
    case int64 = 0x78  // x
    case uint64 = 0x74  // t
    case double = 0x64  // d
    case string = 0x73  // s
    case objectPath = 0x6F  // o
    case signature = 0x67  // g
    case array = 0x61  // a
    case variant = 0x76  // v
    case structure = 0x72  // r
    case dictionaryEntry = 0x65  // e

    var code: CChar { CChar(bitPattern: rawValue) }
}
