/// An IP address that a network interface has.
package struct InterfaceAddress: Hashable {
    /// See if_nametoindex(3).
    package let interface: UInt32
    /// Without port and scope.
    package let address: SocketAddress

    package init(interface: UInt32, address: SocketAddress) {
        self.interface = interface
        self.address = address
    }
}
