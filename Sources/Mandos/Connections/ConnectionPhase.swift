/// How far a connection has come, with what it needs there and nothing else.
enum ConnectionPhase {
    case readingVersion(VersionLine)
    /// The line is here, and its handshake begins when its source has its turn.
    case awaitingTurn
    case handshaking(TLSSession)
    case awaitingApproval(TLSSession)
    case sendingSecret(TLSSession, Release, sent: Int)
    /// The last bytes of the secret and our goodbye are on their way.
    case flushing(TLSSession, Release)
    /// All of that was written; whether the peer has it is not known.
    case acknowledging(TLSSession, Release, Acknowledgement)
    /// Only the peer's goodbye is missing.
    case closing(TLSSession, wasServed: Bool)

    /// As which it is counted.
    var stage: Admission.Stage {
        switch self {
        case .readingVersion, .awaitingTurn, .handshaking: .unknown
        case .awaitingApproval: .waiting
        case .sendingSecret, .flushing: .sending
        case .acknowledging, .closing: .leaving
        }
    }
}
