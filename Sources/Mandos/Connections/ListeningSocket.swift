internal import CShims.Linux
package import Reactor

/// Makes the socket that peers connect to, as mandos(8) says of `--interface`, `--address`,
/// `--port` and `--socket`.
package struct ListeningSocket {
    private let settings: ServerSettings
    private let kernel: any Kernel
    private let log: Log

    package init(settings: ServerSettings, kernel: any Kernel, log: Log) {
        self.settings = settings
        self.kernel = kernel
        self.log = log
    }

    /// Bound, but not listening yet: this is the part that may need to be root.
    package func open() throws(StartError) -> Descriptor {
        let socket = try bound()
        noticeDeadPeers(of: socket)
        return socket
    }

    private func bound() throws(StartError) -> Descriptor {
        let socket = try opened()
        // Each accepted socket has it from here (tcp(7)): what is written is sent at once.
        _ = try? kernel.setOption(.noDelay, on: socket)
        try bindToInterface(socket)
        guard !settings.address.isEmpty || settings.port != nil else { return socket }
        let address = try address()
        do throws(SystemError) {
            if settings.port != nil { try kernel.setOption(.reuseAddress, on: socket) }
            try kernel.bind(socket, to: address)
        } catch {
            throw StartError("cannot listen on \(address.text): \(error.text)")
        }
        return socket
    }

    private func opened() throws(StartError) -> Descriptor {
        do throws(SystemError) {
            guard let inherited = settings.socket else { return try kernel.openSocket(family) }
            return try kernel.inherit(CInt(clamping: inherited))
        } catch {
            let subject = settings.socket.map { "descriptor \($0)" } ?? "a socket"
            throw StartError("cannot use \(subject): \(error.text)")
        }
    }

    /// Each accepted socket has this from here as well.
    private func noticeDeadPeers(of socket: borrowing Descriptor) {
        do throws(SystemError) {
            for option in DeadPeerTimeout(settings.limits.deadPeerTimeout).options {
                try kernel.setOption(option, on: socket)
            }
        } catch {
            log.warning("a peer that is gone will not be noticed while it waits: \(error.text)")
        }
    }

    private var family: SocketFamily { settings.usesIPv6 ? .ipv6 : .ipv4 }

    private func bindToInterface(_ socket: borrowing Descriptor) throws(StartError) {
        guard !settings.interface.isEmpty else { return }
        do throws(SystemError) {
            try kernel.setOption(.device(settings.interface), on: socket)
        } catch {
            let text = "cannot bind to interface \(settings.interface): \(error.text)"
            switch error.code {
            case EPERM, ENOPROTOOPT, ENODEV: log.error("\(text); listening on all interfaces")
            default: throw StartError(text)
            }
        }
    }

    private func address() throws(StartError) -> SocketAddress {
        let number = settings.port ?? 0
        guard let port = UInt16(exactly: number) else {
            throw StartError(
                "\(settings.remarks.portPlace.text) expected a port from 0 to 65535, found \(number)"
            )
        }
        guard !settings.address.isEmpty else { return .any(family, port: port) }
        do throws(ResolvingError) {
            let address = try SocketAddress(
                resolving: settings.address, family: family, port: port)
            guard address.isLinkLocal, address.scope == 0 else { return address }
            return address.with(
                port: port, scope: SocketAddress.interfaceIndex(of: settings.interface))
        } catch {
            let advice = familyAdvice.map { ": \($0)" } ?? ": \(error.reason)"
            throw StartError("cannot listen on address \(settings.address)\(advice)")
        }
    }

    /// How to write an address of the other family.
    private var familyAdvice: String? {
        guard let other = SocketAddress(numeric: settings.address), other.family != family else {
            return nil
        }
        return settings.usesIPv6
            ? "write ::ffff:\(settings.address), or give --no-ipv6 (use_ipv6 = no)"
            : "an IPv6 address needs IPv6, which --no-ipv6 or use_ipv6 = no excludes"
    }
}

/// Why the server cannot start, in lines for the operator.
package struct StartError: Error {
    package let lines: [String]
    package init(_ line: String) { lines = [line] }
    package init(_ lines: [String]) { self.lines = lines }
}
