internal import Reactor

/// The revocations in force. Whose key is in one of them gets nothing, under whatever name. Makes no
/// system call; notes what has changed, for whoever saves it.
package struct Revocations {
    private var byIdentity: [Revocation.Identity: Revocation] = [:]
    private var byKeyID: [KeyID: [Revocation.Identity]] = [:]
    private var byFingerprint: [Fingerprint: [Revocation.Identity]] = [:]
    private var changed: Set<Revocation.Identity> = []

    /// - Parameter saved: what was saved, so nothing of it has changed.
    package init(_ saved: [Revocation] = []) {
        for revocation in saved { insert(revocation) }
    }

    /// The oldest first.
    package var all: [Revocation] { Self.sorted(Array(byIdentity.values)) }

    package var isEmpty: Bool { byIdentity.isEmpty }

    package subscript(_ name: ClientName, _ key: ClientKey) -> Revocation? {
        byIdentity[Revocation.Identity(name: name, key: key)]
    }

    /// Nil if the saved state was not damaged lately. See `Revocation.ofUnknownClients`.
    package var ofUnknownClients: Revocation? { byIdentity[Revocation.ofUnknownClients] }

    /// Those that keep a client from its secret, the oldest first: of its key, under whatever name.
    /// Of a client without a key, those under its name.
    package func applying(to name: ClientName, _ key: ClientKey) -> [Revocation] {
        var found: Set<Revocation.Identity> = [Revocation.Identity(name: name, key: key)]
        if let keyID = key.keyID { found.formUnion(byKeyID[keyID] ?? []) }
        if let fingerprint = key.fingerprint { found.formUnion(byFingerprint[fingerprint] ?? []) }
        return Self.sorted(found.compactMap { byIdentity[$0] })
    }

    /// The one under the client's own name, also if its section has lost or got a fingerprint since.
    package func own(_ name: ClientName, _ key: ClientKey) -> Revocation? {
        self[name, key] ?? applying(to: name, key).first { $0.name == name }
    }

    /// Of those that apply to a client, the first that is more than that a key was replaced, if any is.
    package func gravest(of name: ClientName, _ key: ClientKey) -> Revocation? {
        let applying = applying(to: name, key)
        return applying.first { $0.reason != .replaced } ?? applying.first
    }

    /// In place of an older one of the same client and key.
    package mutating func begin(_ revocation: Revocation) {
        insert(revocation)
        changed.insert(revocation.identity)
    }

    package mutating func end(_ identity: Revocation.Identity) {
        guard byIdentity.removeValue(forKey: identity) != nil else { return }
        if let keyID = identity.key.keyID { Self.remove(identity, &byKeyID, keyID) }
        if let fingerprint = identity.key.fingerprint {
            Self.remove(identity, &byFingerprint, fingerprint)
        }
        changed.insert(identity)
    }

    /// Ends all that apply to a client.
    ///
    /// - Returns: them, the oldest first.
    package mutating func endAll(of name: ClientName, _ key: ClientKey) -> [Revocation] {
        let ended = applying(to: name, key)
        for revocation in ended { end(revocation.identity) }
        return ended
    }

    private mutating func insert(_ revocation: Revocation) {
        let identity = revocation.identity
        guard byIdentity.updateValue(revocation, forKey: identity) == nil else { return }
        if let keyID = identity.key.keyID { byKeyID[keyID, default: []].append(identity) }
        if let fingerprint = identity.key.fingerprint {
            byFingerprint[fingerprint, default: []].append(identity)
        }
    }

    private static func remove<Key: Hashable>(
        _ identity: Revocation.Identity, _ index: inout [Key: [Revocation.Identity]], _ key: Key
    ) {
        index[key]?.removeAll { $0 == identity }
        if index[key]?.isEmpty == true { index[key] = nil }
    }

    private static func sorted(_ revocations: [Revocation]) -> [Revocation] {
        guard revocations.count > 1 else { return revocations }
        return revocations.sorted { left, right in
            left.when == right.when ? left.name < right.name : left.when < right.when
        }
    }
}

// Changes to be saved.
extension Revocations {
    package var hasChanged: Bool { !changed.isEmpty }

    /// Each only once.
    package mutating func takeChanges() -> (begun: [Revocation], ended: [Revocation.Identity]) {
        defer { changed = [] }
        return (
            changed.compactMap { byIdentity[$0] }, changed.filter { byIdentity[$0] == nil }
        )
    }

    /// They could not be saved.
    package mutating func putBack(
        begun: [Revocation], ended: [Revocation.Identity]
    ) {
        changed.formUnion(begun.map { $0.identity })
        changed.formUnion(ended)
    }

    /// Of those whose client clients.conf does not have.
    package mutating func lengthenAbsence(by span: Duration) {
        for var revocation in byIdentity.values {
            guard let absent = revocation.absent else { continue }
            revocation.absent = absent + span
            begin(revocation)
        }
    }

    /// Says by a better name who is responsible.
    ///
    /// - Returns: whether anybody is called so.
    package mutating func rename(author: String, to name: String) -> Bool {
        var isKnown = false
        for var revocation in byIdentity.values where revocation.by == author {
            revocation.by = name
            begin(revocation)
            isKnown = true
        }
        return isKnown
    }
}
