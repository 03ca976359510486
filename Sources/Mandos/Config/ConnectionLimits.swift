/// What a peer may cost the server before it is known, and checkers at all (mandos.conf(5)).
package struct ConnectionLimits: Equatable {
    /// Of the line with the version of the protocol, with its line end. An honest one has 3.
    package var versionLineBytesMax = 256
    /// From the accepted connection to the end of that line.
    package var versionLineTimeout = Duration.seconds(10)
    /// From the accepted connection to the end of the TLS handshake.
    package var handshakeTimeout = Duration.seconds(30)
    /// From the decision to send a secret to the end of the connection.
    package var sendTimeout = Duration.seconds(30)
    /// Within which a peer that is gone is noticed; see `DeadPeerTimeout`.
    package var deadPeerTimeout = Duration.seconds(30)
    /// nil: as RLIMIT_NOFILE allows.
    package var connectionsMax: Int?
    /// Unauthenticated ones, whatever there is room for. nil: no bound but that of all sources.
    package var connectionsPerSourceMax: Int?
    /// Of one client, since when it has proved its key.
    package var connectionsPerClientMax = 4
    /// Checkers that run at the same time. nil: as RLIMIT_NOFILE allows.
    package var checkersMax: Int?

    /// The kernel counts in seconds, and needs one for a question and two for answers (tcp(7)).
    package static let deadPeerTimeouts: ClosedRange<Duration> = .seconds(3)...(.seconds(3600))

    package init() {}
}
