/// The computations that a priority string allows any stranger to cause, in one handshake and before
/// it is known who that is. The built-in default has nothing of the kind. Makes no system call.
package struct PriorityCosts {
    private struct Item {
        let name: String
        let milliseconds: Int
    }

    private let items: [Item]

    /// CPU of one handshake, for the key share that a HelloRetryRequest asks for and the shared
    /// secret: measured with GnuTLS 3.7.9 on a core of an AMD EPYC server. A small machine takes
    /// several times as long.
    private static func milliseconds(ofGroup name: String) -> Int? {
        switch name {
        case "FFDHE2048": 8
        case "FFDHE3072": 24
        case "FFDHE4096": 56
        case "FFDHE6144": 139
        case "FFDHE8192": 282
        default: nil  // curves
        }
    }

    /// - Parameters:
    ///   - groups: as GnuTLS names them.
    ///   - allowsPeerPrimes: whether the peer may bring a prime of its own, which TLS 1.2 permits
    ///     with DHE (RFC 5246, section 7.4.3). `HandshakePolicy` bounds its size.
    package init(groups: [String], allowsPeerPrimes: Bool) {
        var items = groups.compactMap { name in
            Self.milliseconds(ofGroup: name).map { Item(name: name, milliseconds: $0) }
        }
        if allowsPeerPrimes {
            items.append(
                Item(
                    name: "TLS 1.2 with DHE",
                    milliseconds: Self.milliseconds(ofGroup: "FFDHE8192") ?? 0))
        }
        self.items = items
    }

    /// For the log; nil if there is nothing to say.
    package var text: String? {
        guard let first = items.first else { return nil }
        var list = "\(first.name) (\(first.milliseconds) ms)"
        for item in items.dropFirst() { list += ", \(item.name) (\(item.milliseconds) ms)" }
        return "allows what keeps the server from all else for a while, whenever any stranger asks "
            + "for it: \(list); without it: “:-GROUP-ALL:+GROUP-EC-ALL:-DHE-RSA:-DHE-DSS” at the end"
    }
}
