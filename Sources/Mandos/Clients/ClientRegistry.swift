/// The clients that are served, by name and by key.
package final class ClientRegistry {
    private var clients: [ClientName: ClientSettings] = [:]
    private var namesByKey: [KeyID: ClientName] = [:]

    /// The first of two clients with the same key ID has it. Nobody has the key ID of no key at all,
    /// whatever the file says.
    package init(_ settings: [ClientSettings]) {
        for client in settings {
            clients[client.name] = client
            guard let keyID = client.keyID, keyID != .ofNothing, namesByKey[keyID] == nil else {
                continue
            }
            namesByKey[keyID] = client.name
        }
    }

    package var count: Int { clients.count }

    package func client(with keyID: KeyID) -> ClientName? { namesByKey[keyID] }

    /// Zero if the client needs no approval.
    package func approvalDelay(of name: ClientName) -> Duration {
        clients[name]?.approvalDelay ?? .zero
    }

    /// Whether the client may have its secret at this moment.
    ///
    /// - Parameter isDelayOver: whether it has waited for an approval that nobody gave or refused.
    package func release(_ name: ClientName, isDelayOver: Bool) -> ReleaseDecision {
        guard let client = clients[name] else { return .refused(.info, "no longer exists") }
        guard client.isEnabled else { return .refused(.info, "is disabled") }
        let isApproved =
            client.approvalDelay == .zero || isDelayOver && client.isApprovedByDefault
        guard isApproved else { return .refused(.warning, "approval timed out") }
        return .granted(Release(name: name, secret: client.secret))
    }

    package func secretSent(_: ClientName) {}
}

/// Leave to send a secret. Holds the secret until it is sent, whatever becomes of the client.
package struct Release {
    package let name: ClientName
    package let secret: SharedSecret
}

package enum ReleaseDecision {
    case granted(Release)
    /// With the level at which to say so, and why.
    case refused(LogLevel, String)
}
