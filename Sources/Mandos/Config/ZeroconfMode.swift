/// How peers may find the server (mandos.conf(5)).
package enum ZeroconfMode: Equatable {
    case none
    /// Through the avahi-daemon of this host while one runs, otherwise by the server itself.
    case automatic
    case embedded
    case avahiDaemon

    static let form = "yes, embedded, avahi-daemon or no"

    static func parse(_ text: Span<UInt8>) -> ZeroconfMode? {
        if text.matches("embedded") { return .embedded }
        if text.matches("avahi-daemon") { return .avahiDaemon }
        return BooleanText.parse(text).map { $0 ? .automatic : .none }
    }
}
