package import Reactor

/// A record that this server announces, in the form in which it can be compared with one received.
package struct OwnRecord: Equatable {
    /// Types of records, RFC 1035, section 3.2.2, RFC 2782 and RFC 3596.
    package enum Kind: UInt16 {
        case address = 1, pointer = 12, text = 16, address6 = 28, service = 33
    }

    /// The name that a conflict is about.
    package enum Subject {
        /// The name of the service: its SRV and TXT records.
        case service
        /// The name of the host: its addresses.
        case host
    }

    /// See `WireName`.
    package let name: [UInt8]
    package let kind: Kind
    /// With names uncompressed and in lower case.
    package let data: [UInt8]
    /// In seconds: RFC 6762, section 10, which avahi-core keeps to.
    package let timeToLive: UInt32
    /// nil for a record that others may have under the same name, too.
    package let subject: Subject?

    private static let hostTimeToLive: UInt32 = 120
    private static let otherTimeToLive: UInt32 = 4500
    private static let domain = Array("local".utf8)

    /// Those of a service (RFC 6763): a pointer to its type, one to its name, its place and texts.
    package static func service(
        _ name: String, host: String, port: UInt16, texts: [[UInt8]]
    ) -> [OwnRecord] {
        let type = [Array("_mandos".utf8), Array("_tcp".utf8), domain]
        let typeName = WireName.joining(type)
        let ownName = WireName.joining([Array(name.utf8)] + type)
        let place = [0, 0, 0, 0, UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]
        let types = WireName.joining([
            Array("_services".utf8), Array("_dns-sd".utf8), Array("_udp".utf8), domain,
        ])
        return [
            OwnRecord(types, .pointer, typeName, otherTimeToLive),
            OwnRecord(typeName, .pointer, ownName, otherTimeToLive),
            OwnRecord(ownName, .service, place + hostName(host), hostTimeToLive, of: .service),
            OwnRecord(ownName, .text, textData(texts), otherTimeToLive, of: .service),
        ]
    }

    package static func address(_ address: SocketAddress, host: String) -> OwnRecord {
        OwnRecord(
            hostName(host), address.family == .ipv4 ? .address : .address6, address.bytes,
            hostTimeToLive, of: .host)
    }

    private init(
        _ name: [UInt8], _ kind: Kind, _ data: [UInt8], _ timeToLive: UInt32,
        of subject: Subject? = nil
    ) {
        self.name = name
        self.kind = kind
        self.data = data
        self.timeToLive = timeToLive
        self.subject = subject
    }

    private static func hostName(_ label: String) -> [UInt8] {
        WireName.joining([Array(label.utf8), domain])
    }

    /// RFC 6763, section 6.1: at least one string, which may be empty.
    private static func textData(_ texts: [[UInt8]]) -> [UInt8] {
        texts.isEmpty ? [0] : texts.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 }
    }
}
