/// The key by which a client is known: its key ID, and the fingerprint of the OpenPGP key of which it
/// may have been made.
package struct ClientKey: Hashable {
    package var keyID: KeyID?
    package var fingerprint: Fingerprint?

    package init(keyID: KeyID?, fingerprint: Fingerprint?) {
        self.keyID = keyID
        self.fingerprint = fingerprint
    }

    package init(_ settings: ClientSettings) {
        keyID = settings.keyID
        fingerprint = settings.knownFingerprint
    }

    /// Whether no key can be meant.
    package var isEmpty: Bool { keyID == nil && fingerprint == nil }

    /// Whether both may be the same key: a key ID or a fingerprint is the same.
    package func matches(_ other: ClientKey) -> Bool {
        (keyID != nil && keyID == other.keyID)
            || (fingerprint != nil && fingerprint == other.fingerprint)
    }

    /// Whether a section that had this key still has it. A key ID decides where both have one; a
    /// section to which a key ID was added keeps its fingerprint.
    package func isSame(as other: ClientKey) -> Bool {
        if let keyID, let otherID = other.keyID { return keyID == otherID }
        if fingerprint != nil || other.fingerprint != nil {
            return fingerprint == other.fingerprint
        }
        return keyID == other.keyID
    }

    /// For the log.
    package var text: String {
        if let keyID { return "key ID \(keyID.hex)" }
        if let fingerprint { return "fingerprint \(fingerprint.text)" }
        return "no key"
    }
}
