internal import CShims.Linux

/// A host that is not one, see getaddrinfo(3).
package struct ResolvingError: Error, Equatable {
    /// In the words of gai_strerror(3).
    package let reason: String
}

extension SocketAddress {
    /// Finds an address of `family` by its text, e.g. `::1`, `192.0.2.7` or `fe80::1%eth0`. Host
    /// names may wait for a name server: not for a loop that runs.
    package init(
        resolving host: String, family: SocketFamily, port: UInt16
    ) throws(ResolvingError) {
        self = try Self.find(host, family == .ipv4 ? AF_INET : AF_INET6, flags: 0).with(port: port)
    }

    /// An address of either family by its text; nil for a name. Waits for nobody.
    package init?(numeric host: String) {
        guard let found = try? Self.find(host, AF_UNSPEC, flags: AI_NUMERICHOST) else { return nil }
        self = found
    }

    private static func find(
        _ host: String, _ family: CInt, flags: CInt
    ) throws(ResolvingError) -> SocketAddress {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = family
        unsafe hints.ai_flags = flags
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        guard code == 0, let first = unsafe list?.pointee, let address = unsafe first.ai_addr else {
            throw ResolvingError(reason: unsafe String(cString: gai_strerror(code)))
        }
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe $0.copyMemory(
                from: UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
        }
        guard let found = SocketAddress(storage) else {
            throw ResolvingError(reason: "not an Internet address")
        }
        return found
    }

    /// The index of a network interface; nil if there is none of that name.
    package static func interfaceIndex(of name: String) -> UInt32? {
        let index = unsafe if_nametoindex(name)
        return index == 0 ? nil : index
    }
}
