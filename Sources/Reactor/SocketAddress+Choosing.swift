internal import CShims.Linux

extension SocketAddress {
    /// Of the addresses of one host that which getaddrinfo(3) has first (RFC 6724, section 6, rules
    /// 1 and 6): one to which there is a route, and of these IPv6. nil only if there are none.
    package static func preferred(among addresses: [SocketAddress]) -> SocketAddress? {
        let usable = addresses.filter { $0.hasRoute }
        let candidates = usable.isEmpty ? addresses : usable
        return candidates.first { $0.family == .ipv6 } ?? candidates.first
    }

    /// Asks the kernel, and sends nothing.
    private var hasRoute: Bool {
        do throws(SystemError) {
            let domain = family == .ipv4 ? AF_INET : AF_INET6
            let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
            let probe = Descriptor(adopting: try attempt("socket") { socket(domain, type, 0) })
            try attempt("connect") {
                unsafe withSockaddr { unsafe connect(probe.raw, $0, $1) }
            }
            return true
        } catch {
            return false
        }
    }
}
