internal import CShims.Linux

extension LinuxKernel {
    package func openSocket(_ family: SocketFamily) throws(SystemError) -> Descriptor {
        let domain = family == .ipv4 ? AF_INET : AF_INET6
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        return Descriptor(adopting: try attempt("socket") { socket(domain, type, 0) })
    }

    package func inherit(_ raw: CInt) throws(SystemError) -> Descriptor {
        let copy = try duplicate(raw)
        let number = copy.raw
        try attempt("fcntl") { cshim_set_nonblocking(number) }
        return copy
    }

    package func duplicate(_ raw: CInt) throws(SystemError) -> Descriptor {
        // Not among the standard descriptors, which may be redirected later.
        Descriptor(adopting: try attempt("fcntl") { cshim_duplicate(raw, 3) })
    }

    package func setOption(
        _ option: SocketOption, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        switch option {
        case .reuseAddress:
            try set(descriptor.raw, SOL_SOCKET, SO_REUSEADDR, 1)
        case .noDelay:
            try set(descriptor.raw, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        case .keepAlive(let idleSeconds, let intervalSeconds):
            try set(descriptor.raw, SOL_SOCKET, SO_KEEPALIVE, 1)
            try set(descriptor.raw, CInt(IPPROTO_TCP), TCP_KEEPIDLE, idleSeconds)
            try set(descriptor.raw, CInt(IPPROTO_TCP), TCP_KEEPINTVL, intervalSeconds)
        case .userTimeout(let milliseconds):
            try set(descriptor.raw, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, milliseconds)
        case .sendBuffer(let bytes):
            try set(descriptor.raw, SOL_SOCKET, SO_SNDBUF, bytes)
        case .dropUnsent:
            let raw = descriptor.raw
            try attempt("setsockopt SO_LINGER") { cshim_drop_unsent(raw) }
        case .device(let name):
            var name = Array(name.utf8)
            let raw = descriptor.raw
            try attempt("setsockopt SO_BINDTODEVICE") {
                let count = socklen_t(name.count)
                return unsafe setsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, &name, count)
            }
        }
    }

    private func set(
        _ raw: CInt, _ level: CInt, _ option: CInt, _ value: CInt
    ) throws(SystemError) {
        var value = value
        try attempt("setsockopt") {
            unsafe setsockopt(raw, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
        }
    }

    package func bind(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) {
        let raw = descriptor.raw
        try attempt("bind") {
            unsafe address.withSockaddr { unsafe CShims.bind(raw, $0, $1) }
        }
    }

    package func listen(_ descriptor: borrowing Descriptor) throws(SystemError) {
        let raw = descriptor.raw
        // The longest queue the machine allows: a full one costs honest peers seconds (listen(2)).
        try attempt("listen") { CShims.listen(raw, SOMAXCONN) }
    }

    package func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) {
        let raw = descriptor.raw
        let code = unsafe address.withSockaddr { unsafe CShims.connect(raw, $0, $1) }
        let error = cshim_errno()
        if code < 0 && error != EINPROGRESS && error != EINTR {
            throw SystemError(call: "connect", code: error)
        }
    }

    package func localAddress(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        let raw = descriptor.raw
        try attempt("getsockname") {
            unsafe withSockaddr(of: &storage) { address, length in
                unsafe getsockname(raw, address, length)
            }
        }
        guard let address = SocketAddress(storage) else {
            throw SystemError(call: "getsockname", code: EAFNOSUPPORT)
        }
        return address
    }

    package func accept(
        from listener: borrowing Descriptor
    ) throws(SystemError) -> AcceptedSocket? {
        var storage = sockaddr_storage()
        let raw = unsafe withSockaddr(of: &storage) { address, length in
            unsafe cshim_accept(listener.raw, address, length)
        }
        if raw < 0 {
            let code = cshim_errno()
            switch code {
            // The errors of a connection that is gone already are no trouble of the listener, see
            // accept(2), "Error handling".
            case EAGAIN, EINTR, ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET,
                EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH:
                return nil
            default:
                throw SystemError(call: "accept4", code: code)
            }
        }
        let descriptor = Descriptor(adopting: raw)
        guard let peer = SocketAddress(storage) else {
            throw SystemError(call: "accept4", code: EAFNOSUPPORT)
        }
        return AcceptedSocket(descriptor: descriptor, peer: peer)
    }

    package func read(
        _ descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) -> Transfer {
        while true {
            let count = unsafe CShims.read(descriptor.raw, buffer.baseAddress!, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .endOfStream }
            let code = cshim_errno()
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { return .failed(SystemError(call: "read", code: code)) }
        }
    }

    package func write(
        _ descriptor: borrowing Descriptor, from buffer: UnsafeRawBufferPointer
    ) -> Transfer {
        while true {
            let count = unsafe CShims.send(
                descriptor.raw, buffer.baseAddress!, buffer.count,
                CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            let code = cshim_errno()
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { return .failed(SystemError(call: "send", code: code)) }
        }
    }
}

extension LinuxKernel {
    package func queuedConnections(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> Int {
        let raw = descriptor.raw
        return Int(try attempt("getsockopt TCP_INFO") { cshim_queued_connections(raw) })
    }

    package func unacknowledgedBytes(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> Int {
        let raw = descriptor.raw
        return Int(try attempt("ioctl SIOCOUTQ") { cshim_unacknowledged(raw) })
    }
}

/// Calls `body` with room for any socket address.
func withSockaddr(
    of storage: inout sockaddr_storage,
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
) -> CInt {
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        var length = socklen_t(bytes.count)
        return unsafe body(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, &length)
    }
}
