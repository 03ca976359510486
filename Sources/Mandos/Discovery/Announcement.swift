package import Reactor

/// What is told to the network, whoever tells it.
package struct Announcement: Equatable {
    /// The name that is wanted. Another is made from it if it is taken.
    package var name: String
    /// Where the server listens. Unless the address is that of all interfaces, it is the only one
    /// that peers are told.
    package var endpoint: SocketAddress
    /// Which IP carries the announcement. IPv6 peers are told IPv6 addresses, IPv4 peers others.
    package var family: SocketFamily
    /// Name of the only interface to announce on; empty: all of them.
    package var interface: String
    /// Strings of the TXT record (RFC 6763, section 6), at most `textBytesMax` long each.
    package var texts: [[UInt8]]

    /// Of the service, by which Mandos clients find it.
    package static let type: StaticString = "_mandos._tcp"

    package init(
        name: String, endpoint: SocketAddress, family: SocketFamily, interface: String = "",
        texts: [[UInt8]] = []
    ) {
        self.name = name
        self.endpoint = endpoint
        self.family = family
        self.interface = interface
        self.texts = texts
    }

    /// Those of this host's addresses at which the server can be reached.
    func reachable(_ addresses: Set<InterfaceAddress>) -> Set<InterfaceAddress> {
        guard !endpoint.isWildcard else { return addresses }
        return addresses.filter { $0.address == endpointAddress }
    }

    /// The family of the addresses that peers are told.
    var addressFamily: SocketFamily { endpoint.isWildcard ? family : endpointAddress.family }

    private var endpointAddress: SocketAddress { endpoint.unmapped.with(port: 0, scope: 0) }
}
