internal import Reactor

/// An echo request or its reply: RFC 792 for IPv4, RFC 4443 for IPv6.
struct ICMPEcho: Equatable {
    let identifier: UInt16
    let sequence: UInt16
    /// Comes back as it was sent. What nobody else knows, nobody else can answer.
    let token: UInt64

    /// As many bytes of data as ping(8) sends.
    private static let dataBytes = 56
    private static let headerBytes = 8
    private static let protocolICMPv4: UInt8 = 1

    /// The request. The kernel fills in the checksum, but not on a raw socket of IPv4.
    func request(_ family: SocketFamily, isRaw: Bool) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.headerBytes + Self.dataBytes)
        bytes[0] = family == .ipv4 ? 8 : 128
        Self.put(UInt64(identifier), 2, at: 4, in: &bytes)
        Self.put(UInt64(sequence), 2, at: 6, in: &bytes)
        Self.put(token, 8, at: Self.headerBytes, in: &bytes)
        if family == .ipv4, isRaw {
            Self.put(UInt64(Self.checksum(bytes)), 2, at: 2, in: &bytes)
        }
        return bytes
    }

    /// Reads a reply; nil for all else, such as the request of somebody else.
    init?(reply bytes: Span<UInt8>, _ family: SocketFamily, isRaw: Bool) {
        var start = 0
        if family == .ipv4, isRaw {
            // A raw socket of IPv4 shows the header of IP: its length, and what comes after it.
            guard bytes.count >= 20, bytes[9] == Self.protocolICMPv4 else { return nil }
            start = Int(bytes[0] & 15) * 4
        }
        guard bytes.count >= start + Self.headerBytes + 8,
            bytes[start] == (family == .ipv4 ? 0 : 129), bytes[start + 1] == 0
        else { return nil }
        func number(_ count: Int, at offset: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 << 8 | UInt64(bytes[start + offset + $1]) }
        }
        identifier = UInt16(number(2, at: 4))
        sequence = UInt16(number(2, at: 6))
        token = number(8, at: Self.headerBytes)
    }

    init(identifier: UInt16, sequence: UInt16, token: UInt64) {
        self.identifier = identifier
        self.sequence = sequence
        self.token = token
    }

    private static func put(_ value: UInt64, _ count: Int, at start: Int, in bytes: inout [UInt8]) {
        for index in 0..<count {
            bytes[start + index] = UInt8(
                truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))
        }
    }

    /// RFC 1071
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let low = index + 1 < bytes.count ? bytes[index + 1] : 0
            sum += UInt32(bytes[index]) << 8 | UInt32(low)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}
