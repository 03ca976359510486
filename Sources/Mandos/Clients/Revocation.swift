package import Reactor

/// Trust that was taken from a client, and from its key: when, why, and by whom. In force until an
/// operator enables a client with that key, or clients.conf changes for it.
package struct Revocation: Equatable {
    package enum Reason: Int, CaseIterable {
        // The numbers are those of the saved state.
        case disabled = 1
        case removed = 2
        /// No check succeeded in time.
        case expired = 3
        /// Its section got another key.
        case replaced = 4
        /// The state of the client was lost by damage.
        case lost = 5
    }

    /// One client can lose several keys, and one key can be lost by several clients.
    package struct Identity: Hashable {
        package let name: ClientName
        package let key: ClientKey
    }

    package let name: ClientName
    /// nil if the client had none.
    package let keyID: KeyID?
    package let fingerprint: Fingerprint?
    package let when: WallTime
    package let reason: Reason
    /// Such as “uid 0 over D-Bus” or “expiry”.
    package var by: String
    /// For how long clients.conf had no such section with this key, as far as it was seen; nil if it
    /// has one.
    package var absent: Duration?

    package init(
        name: ClientName, keyID: KeyID?, fingerprint: Fingerprint?, when: WallTime,
        reason: Reason, by: String, absent: Duration? = nil
    ) {
        self.name = name
        self.keyID = keyID
        self.fingerprint = fingerprint
        self.when = when
        self.reason = reason
        self.by = by
        self.absent = absent
    }

    package init(
        _ name: ClientName, _ key: ClientKey, _ reason: Reason, when: WallTime, by: String
    ) {
        self.init(
            name: name, keyID: key.keyID, fingerprint: key.fingerprint, when: when,
            reason: reason, by: by)
    }

    package var key: ClientKey { ClientKey(keyID: keyID, fingerprint: fingerprint) }
    package var identity: Identity { Identity(name: name, key: key) }

    /// Whether it has to stand beside the other of the same key and name: a key that was only replaced
    /// may come back, any other may not.
    package func outweighs(_ other: Revocation?) -> Bool {
        guard let other else { return true }
        return other.reason == .replaced && reason != .replaced
    }

    /// Such as “disabled at 2026-11-25 07:33:20 by uid 0 over D-Bus”.
    package var text: String { "\(reason.text) at \(when.text) by \(by)" }
}

extension [Revocation] {
    /// Takes over those of other files that outweigh its own: whatever is revoked in one file is revoked.
    ///
    /// - Returns: those that were taken over.
    @discardableResult
    package mutating func unite(_ others: some Sequence<Revocation>) -> [Revocation] {
        var positions: [Revocation.Identity: Int] = [:]
        for index in indices { positions[self[index].identity] = index }
        var taken: [Revocation] = []
        for other in others {
            let position = positions[other.identity]
            guard other.outweighs(position.map { self[$0] }) else { continue }
            if let position {
                self[position] = other
            } else {
                positions[other.identity] = count
                append(other)
            }
            taken.append(other)
        }
        return taken
    }
}

extension Revocation {
    /// Not of one client, but of all that were not seen since the saved state was damaged: they may have
    /// been in what was lost. No client is called so and has no key.
    package static let ofUnknownClients = Identity(
        name: ClientName("*"), key: ClientKey(keyID: nil, fingerprint: nil))

    package static func unknownClients(_ when: WallTime) -> Revocation {
        let identity = ofUnknownClients
        return Revocation(
            identity.name, identity.key, .lost, when: when, by: "damage to the saved state")
    }
}

extension Revocation.Reason {
    package var text: String {
        switch self {
        case .disabled: "disabled"
        case .removed: "removed"
        case .expired: "expired"
        case .replaced: "replaced"
        case .lost: "lost"
        }
    }
}
