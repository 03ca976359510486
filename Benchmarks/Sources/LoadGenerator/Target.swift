import Foundation

/// The server that is to be loaded.
package struct Target {
    package let host: String
    package let port: UInt16
    /// A `sockaddr_in` or a `sockaddr_in6`.
    let address: [UInt8]

    /// - Parameters:
    ///   - host: a numeric address, IPv4 or IPv6, the latter with `%interface` if it is link-local.
    ///     Names are not looked up: what is hit by mistake should not depend on a name server.
    package init(host: String, port: UInt16) throws {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = unsafe found else {
            throw LoadError("\(host): expected an IPv4 or IPv6 address such as 127.0.0.1")
        }
        defer { unsafe freeaddrinfo(found) }
        self.host = host
        self.port = port
        address = unsafe Array(
            UnsafeRawBufferPointer(
                start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen)))
    }

    /// It is this machine: 127.0.0.0/8, also as an IPv6 address, or ::1.
    package var isLoopback: Bool {
        if address.count == MemoryLayout<sockaddr_in>.size { return address[4] == 127 }
        let ip = Array(address[8..<24])
        let isMapped = ip[0..<10].allSatisfy { $0 == 0 } && ip[10] == 255 && ip[11] == 255
        let isOne = ip[0..<15].allSatisfy { $0 == 0 } && ip[15] == 1
        return isOne || (isMapped && ip[12] == 127)
    }

    /// Whether this process is in a network namespace that is not the one of process 1, so that all
    /// addresses lead to where somebody has decided. Not known means no.
    package static var isInNamespace: Bool {
        let files = FileManager.default
        guard let own = try? files.destinationOfSymbolicLink(atPath: "/proc/self/ns/net"),
            let first = try? files.destinationOfSymbolicLink(atPath: "/proc/1/ns/net")
        else { return false }
        return own != first
    }
}
