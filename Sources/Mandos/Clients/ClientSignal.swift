package import Reactor

/// What happens to a client, for whoever follows it.
package enum ClientSignal: Equatable {
    case checkerStarted(command: String)
    /// It ended by itself: a checker that is stopped has no result.
    case checkerCompleted(ExitStatus, command: String)
    /// Sent as far as the network is concerned.
    case gotSecret
    /// A person is asked. If nobody decides within the delay, the default does.
    case needApproval(delay: Duration, isApprovedByDefault: Bool)
    case rejected(Approval.Refusal)
}

/// Told of what happens to clients, in the order in which it happens.
package protocol ClientObserver: AnyObject {
    /// Only for a value that is another than before.
    func client(_ name: ClientName, changed property: ClientProperty)
    func client(_ name: ClientName, emitted signal: ClientSignal)
    func clientAdded(_ name: ClientName)
    /// It is gone already.
    func clientRemoved(_ name: ClientName)
    /// A peer has shown a key that no client has.
    ///
    /// - Parameter address: of the peer, bare, as in inet_ntop(3).
    func clientNotFound(_ keyID: KeyID, address: String)
    /// Revocations are others than before, without a change of any client.
    func revocationsChanged()
}

extension ClientObserver {
    package func revocationsChanged() {}
}
