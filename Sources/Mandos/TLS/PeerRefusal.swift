/// Why the server ends a handshake, or a session, before GnuTLS computes anything with what came.
package enum PeerRefusal: Error, Equatable {
    /// Certificates of this type were agreed on, instead of raw public keys.
    case certificateType(String)
    case noKey
    /// The key is not one that a machine may have.
    case key(String)
    /// A handshake message is not one that a machine has to send.
    case message(String)
    /// The peer sends more than this many bytes.
    case excess(Int)

    package var text: String {
        switch self {
        case .certificateType(let name): "a key of type \(name)"
        case .noKey: "no key"
        case .key(let problem): problem
        case .message(let problem): problem
        case .excess(let bytesMax): "more than \(bytesMax) bytes"
        }
    }
}
