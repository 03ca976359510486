package import Reactor

/// Whom a stranger's connection is counted for.
///
/// An IPv4 address, an IPv6 /64 or a link-local address is what a host can have at least. A subscriber
/// of IPv6 often has a /48, though, which is 65 536 of them: so the first `singlesMax` networks of a
/// /48 that are connected count for themselves, and all others together. Tenants of one provider are
/// neighbours in a /48, too; hence not the /48 as a whole.
package enum Source: Hashable {
    case single(SocketAddress)
    /// All others of a /48.
    case rest(SocketAddress)

    /// Of each /48, at the same time.
    package static let singlesMax = 16
}

/// The sources that are connected, with how many there are of each /48.
struct SourceCensus {
    private var singles: [SocketAddress: Int] = [:]

    /// - Parameter isConnected: whether a source has other connections.
    func source(of address: SocketAddress, _ isConnected: (Source) -> Bool) -> Source {
        let single = Source.single(address.source)
        guard let site = address.site, singles[site, default: 0] >= Source.singlesMax,
            !isConnected(single)
        else { return single }
        return .rest(site)
    }

    mutating func noteFirst(of source: Source) {
        guard case .single(let address) = source, let site = address.site else { return }
        singles[site, default: 0] += 1
    }

    mutating func noteLast(of source: Source) {
        guard case .single(let address) = source, let site = address.site else { return }
        guard let count = singles[site], count > 1 else {
            singles.removeValue(forKey: site)
            if singles.isEmpty { singles = [:] }
            return
        }
        singles[site] = count - 1
    }
}
