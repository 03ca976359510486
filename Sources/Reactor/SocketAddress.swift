internal import CShims.Linux

package enum SocketFamily: Equatable {
    case ipv4
    case ipv6
}

/// An IP address and port, as in ip(7) and ipv6(7).
package struct SocketAddress: Hashable {
    package let family: SocketFamily
    /// Network order. An IPv4 address stands in the first four bytes.
    private let high: UInt64
    private let low: UInt64
    package let port: UInt16
    /// Interface index of a link-local IPv6 address, or 0.
    package let scope: UInt32

    /// Reads a `sockaddr_in` or `sockaddr_in6`; nil for any other family.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch CInt(storage.ss_family) {
        case AF_INET:
            let inet = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in.self) }
            family = .ipv4
            high = UInt64(UInt32(bigEndian: inet.sin_addr.s_addr)) << 32
            low = 0
            port = UInt16(bigEndian: inet.sin_port)
            scope = 0
        case AF_INET6:
            let inet = unsafe withUnsafeBytes(of: &storage) {
                unsafe $0.load(as: sockaddr_in6.self)
            }
            var address = inet.sin6_addr
            family = .ipv6
            (high, low) = unsafe withUnsafeBytes(of: &address) {
                unsafe (
                    UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            port = UInt16(bigEndian: inet.sin6_port)
            scope = inet.sin6_scope_id
        default:
            return nil
        }
    }

    private init(family: SocketFamily, high: UInt64, low: UInt64, port: UInt16, scope: UInt32) {
        self.family = family
        self.high = high
        self.low = low
        self.port = port
        self.scope = scope
    }

    /// An address in network order, of 4 or 16 bytes; nil if `family` has others.
    package init?(_ family: SocketFamily, bytes: some Collection<UInt8>) {
        guard bytes.count == (family == .ipv4 ? 4 : 16) else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            let shifted = UInt64(byte) << (56 - 8 * (index % 8))
            if index < 8 { words.high |= shifted } else { words.low |= shifted }
        }
        self.init(family: family, high: words.high, low: words.low, port: 0, scope: 0)
    }

    package static func any(_ family: SocketFamily, port: UInt16) -> SocketAddress {
        SocketAddress(family: family, high: 0, low: 0, port: port, scope: 0)
    }

    package static func loopback(_ family: SocketFamily, port: UInt16) -> SocketAddress {
        family == .ipv4
            ? SocketAddress(family: .ipv4, high: 0x7f00_0001 << 32, low: 0, port: port, scope: 0)
            : SocketAddress(family: .ipv6, high: 0, low: 1, port: port, scope: 0)
    }

    package func with(port: UInt16, scope: UInt32? = nil) -> SocketAddress {
        SocketAddress(
            family: family, high: high, low: low, port: port, scope: scope ?? self.scope)
    }

    /// Calls `body` with the form that system calls take.
    func withSockaddr(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        switch family {
        case .ipv4:
            var inet = sockaddr_in()
            inet.sin_family = sa_family_t(AF_INET)
            inet.sin_port = port.bigEndian
            inet.sin_addr.s_addr = UInt32(truncatingIfNeeded: high >> 32).bigEndian
            return unsafe withUnsafeBytes(of: &inet) { bytes in
                unsafe body(
                    bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!,
                    socklen_t(bytes.count))
            }
        case .ipv6:
            var inet = sockaddr_in6()
            inet.sin6_family = sa_family_t(AF_INET6)
            inet.sin6_port = port.bigEndian
            inet.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &inet.sin6_addr) {
                unsafe $0.storeBytes(of: high.bigEndian, as: UInt64.self)
                unsafe $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return unsafe withUnsafeBytes(of: &inet) { bytes in
                unsafe body(
                    bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!,
                    socklen_t(bytes.count))
            }
        }
    }

    /// `::ffff:0:0/96`: an IPv4 peer of a socket that serves both families.
    private var isMappedIPv4: Bool { family == .ipv6 && high == 0 && low >> 32 == 0xffff }

    /// The IPv4 address itself, if this is one in IPv6 form.
    package var unmapped: SocketAddress {
        guard isMappedIPv4 else { return self }
        return SocketAddress(family: .ipv4, high: low << 32, low: 0, port: port, scope: 0)
    }

    /// Stands for all addresses of the host.
    package var isWildcard: Bool { high == 0 && low == 0 }

    /// The 4 or 16 bytes of the address, in network order.
    package var bytes: [UInt8] {
        let words = family == .ipv4 ? [high] : [high, low]
        let all = words.flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
        }
        return Array(all.prefix(family == .ipv4 ? 4 : 16))
    }

    /// `fe80::/10`
    package var isLinkLocal: Bool { family == .ipv6 && high >> 54 == 0xfe80 >> 6 }

    /// `64:ff9b::/96`, the addresses that translators give to IPv4 hosts (RFC 6052, section 2.1).
    private var isTranslatedIPv4: Bool {
        family == .ipv6 && high == 0x0064_ff9b_0000_0000 && low >> 32 == 0
    }

    /// What counts as one source of connections: an IPv4 address, an IPv6 /64, since that is what
    /// one host or subscriber has, or a single link-local address with its interface. An IPv4 address
    /// in IPv6 form is an IPv4 address.
    package var source: SocketAddress {
        switch family {
        case .ipv4:
            return with(port: 0)
        case .ipv6 where isMappedIPv4 || isTranslatedIPv4:
            return SocketAddress(family: .ipv4, high: low << 32, low: 0, port: 0, scope: 0)
        case .ipv6 where isLinkLocal:
            return with(port: 0)
        case .ipv6:
            return SocketAddress(family: .ipv6, high: high, low: 0, port: 0, scope: 0)
        }
    }

    /// Of a `source`, for logs: `192.0.2.7`, `2001:db8::/64` or `fe80::1%2`.
    package var sourceText: String {
        switch family {
        case .ipv4: host
        case .ipv6: isLinkLocal ? "\(host)%\(scope)" : "\(host)/64"
        }
    }

    /// The /48 that the source is a part of, as subscribers of IPv6 have (RFC 6177); nil where there
    /// is no such thing.
    package var site: SocketAddress? {
        let source = source
        guard source.family == .ipv6, !isLinkLocal else { return nil }
        return SocketAddress(family: .ipv6, high: high & ~0xffff, low: 0, port: 0, scope: 0)
    }

    /// The bare address in the form of inet_ntop(3), e.g. `::ffff:127.0.0.1`; no port, no scope.
    package var host: String {
        var text: [CChar] = Array(repeating: 0, count: Int(INET6_ADDRSTRLEN))
        unsafe text.withUnsafeMutableBufferPointer { text in
            var words = (high.bigEndian, low.bigEndian)
            unsafe withUnsafeBytes(of: &words) {
                _ = unsafe inet_ntop(
                    family == .ipv4 ? AF_INET : AF_INET6, $0.baseAddress!, text.baseAddress!,
                    socklen_t(text.count))
            }
        }
        return unsafe text.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
    }

    /// `[fe80::1%2]:4711` or `192.0.2.7:4711`, for logs.
    package var text: String {
        switch family {
        case .ipv4: "\(host):\(port)"
        case .ipv6: scope == 0 ? "[\(host)]:\(port)" : "[\(host)%\(scope)]:\(port)"
        }
    }
}
