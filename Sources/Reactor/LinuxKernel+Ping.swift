internal import CShims.Linux

extension LinuxKernel {
    package func openPingSocket(_ family: SocketFamily) throws(SystemError) -> PingSocket {
        do throws(SystemError) {
            return try open(family, SOCK_DGRAM)
        } catch {
            if error.code != EACCES && error.code != EPERM { throw error }
            return try open(family, SOCK_RAW)
        }
    }

    private func open(
        _ family: SocketFamily, _ kind: __socket_type
    ) throws(SystemError) -> PingSocket {
        let isIPv4 = family == .ipv4
        let (domain, number) = isIPv4 ? (AF_INET, IPPROTO_ICMP) : (AF_INET6, IPPROTO_ICMPV6)
        let type = CInt(kind.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let raw = try attempt("socket") { socket(domain, type, CInt(number)) }
        let descriptor = Descriptor(adopting: raw)
        let isRaw = kind == SOCK_RAW
        if isRaw { try attempt("setsockopt") { cshim_only_echo_replies(raw, domain) } }
        return PingSocket(descriptor: descriptor, family: family, isRaw: isRaw)
    }

    package func send(
        _ bytes: UnsafeRawBufferPointer, to address: SocketAddress,
        over descriptor: borrowing Descriptor
    ) throws(SystemError) {
        let raw = descriptor.raw
        try attempt("sendto") {
            unsafe address.withSockaddr {
                let count = unsafe sendto(
                    raw, bytes.baseAddress!, bytes.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL), $0, $1)
                return CInt(truncatingIfNeeded: count)
            }
        }
    }

    package func receive(
        into buffer: UnsafeMutableRawBufferPointer, from descriptor: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        try unsafe receive(into: buffer, from: descriptor, CInt(MSG_DONTWAIT))
    }

    package func peek(
        into buffer: UnsafeMutableRawBufferPointer, from descriptor: borrowing Descriptor
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        let flags = CInt(MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC)
        return try unsafe receive(into: buffer, from: descriptor, flags)
    }

    private func receive(
        into buffer: UnsafeMutableRawBufferPointer, from descriptor: borrowing Descriptor,
        _ flags: CInt
    ) throws(SystemError) -> (count: Int, sender: SocketAddress)? {
        var storage = sockaddr_storage()
        let raw = descriptor.raw
        do throws(SystemError) {
            let count = try attempt("recvfrom") {
                unsafe withSockaddr(of: &storage) { address, length in
                    let count = unsafe recvfrom(
                        raw, buffer.baseAddress!, buffer.count, flags, address, length)
                    return CInt(truncatingIfNeeded: count)
                }
            }
            guard let sender = SocketAddress(storage) else { return nil }
            return (Int(count), sender)
        } catch {
            if error.code == EAGAIN { return nil }
            throw error
        }
    }
}
