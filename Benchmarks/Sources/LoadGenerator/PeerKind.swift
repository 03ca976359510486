import Peers

/// How a simulated peer behaves. The raw values are those of `peer_kind` in C.
package enum PeerKind: UInt32, CaseIterable, Codable, Sendable {
    case honest, slow, unknown, silent, waiting, halfway, aborting, garbage, exchange

    package var name: String { "\(self)" }

    package init?(name: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// It boots a machine that the server knows: it has to get its secret.
    package var isOwedASecret: Bool {
        switch self {
        case .honest, .slow, .exchange: true
        case .unknown, .silent, .waiting, .halfway, .aborting, .garbage: false
        }
    }

    var inC: peer_kind { peer_kind(rawValue) }
}
