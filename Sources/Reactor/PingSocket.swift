/// A socket for ICMP echo, icmp(7): one for each family serves all pings.
package struct PingSocket: ~Copyable {
    private var descriptor: Descriptor?
    package let family: SocketFamily
    /// A raw one shows the pings of everybody, and of IPv4 the header as well. The other kind is
    /// for whoever is in the groups of `net.ipv4.ping_group_range`, and the kernel gives each its
    /// own replies.
    package let isRaw: Bool

    package init(descriptor: consuming Descriptor, family: SocketFamily, isRaw: Bool) {
        self.descriptor = consume descriptor
        self.family = family
        self.isRaw = isRaw
    }

    /// - Precondition: not taken before.
    package mutating func takeDescriptor() -> Descriptor { descriptor.take()! }
}
