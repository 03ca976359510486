internal import Reactor

/// Who may be asked for names over D-Bus, and how each of them answers.
enum NameService {
    /// systemd-resolved(8), see org.freedesktop.resolve1(5).
    case resolved
    /// avahi-daemon(8), for names in `.local`.
    case avahi

    var busName: String {
        switch self {
        case .resolved: "org.freedesktop.resolve1"
        case .avahi: "org.freedesktop.Avahi"
        }
    }

    /// - Parameter owner: the unique name of the service: a call to that starts none.
    func target(_ owner: String) -> BusConnection.Target {
        switch self {
        case .resolved:
            .init(owner, "/org/freedesktop/resolve1", "org.freedesktop.resolve1.Manager")
        case .avahi: .init(owner, "/", "org.freedesktop.Avahi.Server")
        }
    }

    var method: String {
        switch self {
        case .resolved: "ResolveHostname"
        case .avahi: "ResolveHostName"
        }
    }

    func append(_ host: String, to call: BusMessage) {
        switch self {
        case .resolved:
            call.append(Int32(0))  // any interface
            call.append(host)
            call.append(Int32(0))  // either family
            call.append(UInt64(0))
        case .avahi:
            call.append(Int32(-1))  // any interface, either family to ask by
            call.append(Int32(-1))
            call.append(host)
            call.append(Int32(-1))  // and to be told
            call.append(UInt32(0))
        }
    }

    func answer(_ reply: Result<BusMessage, BusError>) -> NameAnswer {
        switch reply {
        case .success(let message):
            guard let addresses = try? addresses(in: message),
                let address = SocketAddress.preferred(among: addresses)
            else { return .unanswered }
            return .address(address)
        case .failure(let error):
            // Avahi does not know whether there is no such host, or whether it is silent.
            guard self == .resolved else { return .unanswered }
            switch error.name {
            case "org.freedesktop.resolve1.DnsError.NXDOMAIN",
                "org.freedesktop.resolve1.NoSuchRR":
                return .noHost
            default: return .unanswered
            }
        }
    }

    private func addresses(in reply: BusMessage) throws(BusError) -> [SocketAddress] {
        switch self {
        case .resolved:
            var addresses: [SocketAddress] = []
            try reply.enter(.array, "(iiay)")
            try reply.readEach { () throws(BusError) in
                try reply.enter(.structure, "iiay")
                addresses.append(try Self.resolvedAddress(in: reply))
                try reply.leave()
            }
            return addresses
        case .avahi: return [try Self.avahiAddress(in: reply)]
        }
    }

    private static func resolvedAddress(in reply: BusMessage) throws(BusError) -> SocketAddress {
        let interface = try reply.readInt32()
        // AF_INET and AF_INET6 of <sys/socket.h>.
        let family: SocketFamily? =
            switch try reply.readInt32() {
            case 2: .ipv4
            case 10: .ipv6
            default: nil
            }
        let bytes = try reply.readBytes { (span: Span<UInt8>) -> [UInt8] in
            var bytes: [UInt8] = []
            for index in 0..<min(span.count, 17) { bytes.append(span[index]) }
            return bytes
        }
        return try scoped(family.flatMap { SocketAddress($0, bytes: bytes) }, interface)
    }

    private static func avahiAddress(in reply: BusMessage) throws(BusError) -> SocketAddress {
        let interface = try reply.readInt32()
        _ = try reply.readInt32()  // the family by which it was told
        _ = try reply.readString()
        let family: SocketFamily? =
            switch try reply.readInt32() {
            case 0: .ipv4
            case 1: .ipv6
            default: nil
            }
        let text = try reply.readString()
        // An address that is written in another way is not Avahi's.
        let address = SocketAddress(numeric: text)
        let isSound = address?.family == family && address?.host == text
        return try scoped(isSound ? address : nil, interface)
    }

    /// A link-local address is one of an interface.
    private static func scoped(
        _ address: SocketAddress?, _ interface: Int32
    ) throws(BusError) -> SocketAddress {
        guard let address, !address.isLinkLocal || interface > 0 else {
            throw BusError(.invalidArguments, "not an address")
        }
        return address.isLinkLocal
            ? address.with(port: address.port, scope: UInt32(interface)) : address
    }
}
