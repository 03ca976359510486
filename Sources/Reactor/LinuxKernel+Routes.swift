internal import CShims.Linux

extension LinuxKernel {
    package func openRouteSocket(
        groups: UInt32, port: UInt32?
    ) throws(SystemError) -> Descriptor {
        let type = CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Descriptor(
            adopting: try attempt("socket") { socket(AF_NETLINK, type, NETLINK_ROUTE) })
        // Left to choose, the kernel gives the first socket of a process the process id, which is
        // the only port that avahi-core accepts for its own. No process id is that large.
        let port = port ?? UInt32.random(in: 0x8000_0000...0xffff_ff00)
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_pid = port
        address.nl_groups = groups
        let raw = descriptor.raw
        try attempt("bind") {
            unsafe withUnsafeBytes(of: &address) { bytes in
                unsafe CShims.bind(
                    raw, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!,
                    socklen_t(bytes.count))
            }
        }
        return descriptor
    }
}
