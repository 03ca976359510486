/// How a connection ended. The raw values are those of `peer_outcome` in C.
package enum Outcome: UInt32, CaseIterable, Codable, Sendable {
    case served, wrong, empty, cut, closed, reset, refused, failed, late, left

    package var name: String { "\(self)" }

    package var explanation: String {
        switch self {
        case .served: "the right secret, and a goodbye"
        case .wrong: "something else than the secret of this machine"
        case .empty: "a handshake and a goodbye, and no secret"
        case .cut: "a part of the secret, or no goodbye after it"
        case .closed: "closed by the server before there was any secret"
        case .reset: "reset by the server before there was any secret"
        case .refused: "no connection"
        case .failed: "the handshake failed"
        case .late: "neither served nor closed in time"
        case .left: "went away itself, as it was meant to"
        }
    }
}
