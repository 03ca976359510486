internal import CShims.Linux

/// What rtnetlink(7) says of the addresses of interfaces.
enum RouteMessage: Equatable {
    case added(InterfaceAddress)
    /// Gone, or not usable: not yet checked for duplicates, or found to be one.
    case removed(InterfaceAddress)
    /// An interface has come or gone, or something about it is different.
    case interfaceChanged
    /// The end of what was asked for.
    case done
    /// What was asked for changed while it was listed.
    case interrupted
    /// As an errno.
    case refused(CInt)
}

/// Takes apart what one read from a socket of rtnetlink(7) gave. What is cut off, or of no interest,
/// is passed over.
struct RouteMessages {
    private var rest: [UInt8].SubSequence
    /// Of the request whose answers are wanted; others' messages are news.
    private let sequence: UInt32

    init(_ bytes: [UInt8], sequence: UInt32) {
        rest = bytes[...]
        self.sequence = sequence
    }

    /// nil when there is none left.
    mutating func next() -> (message: RouteMessage, isAnswer: Bool)? {
        while let header = rest.load(nlmsghdr.self), header.nlmsg_len >= Self.headerSize,
            header.nlmsg_len <= rest.count
        {
            let length = Int(header.nlmsg_len)
            let body = rest.dropFirst(Self.headerSize).prefix(length - Self.headerSize)
            rest = rest.dropFirst(Self.aligned(length))
            guard let message = Self.message(header, body) else { continue }
            return (message, header.nlmsg_seq == sequence)
        }
        return nil
    }

    private static let headerSize = MemoryLayout<nlmsghdr>.size

    /// Messages and attributes begin at multiples of four (netlink(3)).
    private static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

    private static func message(_ header: nlmsghdr, _ body: ArraySlice<UInt8>) -> RouteMessage? {
        let isInterrupted = CInt(header.nlmsg_flags) & NLM_F_DUMP_INTR != 0
        switch Int(header.nlmsg_type) {
        case Int(NLMSG_DONE): return isInterrupted ? .interrupted : .done
        case Int(NLMSG_ERROR): return body.load(CInt.self).flatMap { $0 == 0 ? nil : .refused(-$0) }
        case _ where isInterrupted: return .interrupted
        case Int(RTM_NEWADDR):
            guard let (address, isUsable) = address(body) else { return nil }
            return isUsable ? .added(address) : .removed(address)
        case Int(RTM_DELADDR): return address(body).map { .removed($0.address) }
        case Int(RTM_NEWLINK), Int(RTM_DELLINK): return .interfaceChanged
        default: return nil
        }
    }

    private static func address(
        _ body: ArraySlice<UInt8>
    ) -> (address: InterfaceAddress, isUsable: Bool)? {
        guard let header = body.load(ifaddrmsg.self) else { return nil }
        let family: SocketFamily
        switch CInt(header.ifa_family) {
        case AF_INET: family = .ipv4
        case AF_INET6: family = .ipv6
        default: return nil
        }
        var flags = UInt32(header.ifa_flags)
        var (local, other): (SocketAddress?, SocketAddress?)
        forEachAttribute(body.dropFirst(aligned(MemoryLayout<ifaddrmsg>.size))) { type, value in
            switch Int(type) {
            // Of a point-to-point link, IFA_ADDRESS is the other end.
            case Int(IFA_LOCAL): local = SocketAddress(family, bytes: value)
            case Int(IFA_ADDRESS): other = SocketAddress(family, bytes: value)
            case Int(IFA_FLAGS): flags = value.load(UInt32.self) ?? flags
            default: break
            }
        }
        guard let address = local ?? other else { return nil }
        let isUsable = flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) == 0
        return (InterfaceAddress(interface: header.ifa_index, address: address), isUsable)
    }

    private static func forEachAttribute(
        _ bytes: ArraySlice<UInt8>, _ body: (UInt16, ArraySlice<UInt8>) -> Void
    ) {
        let headerSize = MemoryLayout<rtattr>.size
        var rest = bytes
        while let header = rest.load(rtattr.self), header.rta_len >= headerSize,
            header.rta_len <= rest.count
        {
            let length = Int(header.rta_len)
            body(header.rta_type, rest.dropFirst(headerSize).prefix(length - headerSize))
            rest = rest.dropFirst(aligned(length))
        }
    }
}

extension ArraySlice<UInt8> {
    /// The first bytes as a C structure of plain numbers; nil if there are too few of them.
    fileprivate func load<Value: BitwiseCopyable>(_: Value.Type) -> Value? {
        guard count >= MemoryLayout<Value>.size else { return nil }
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(as: Value.self) }
    }
}
