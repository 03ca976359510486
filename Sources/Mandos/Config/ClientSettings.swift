/// What clients.conf says of one client (mandos-clients.conf(5)). Complete and valid. What can be
/// changed while the server runs is a variable: see `ClientSetting`.
package struct ClientSettings {
    package let name: ClientName
    /// nil if no key can match: none is given, it is not 64 digits, or it is the hash of nothing.
    package let keyID: KeyID?
    // Where they leave no gap: there may be ten thousand of these.
    package internal(set) var isApprovedByDefault: Bool
    package let isEnabled: Bool
    /// What is shown where no key can match; of no meaning elsewhere.
    private let unmatchedKeyID: String
    private let packedFingerprint: Fingerprint
    package internal(set) var secret: SharedSecret
    /// For the checker only. May be empty.
    package internal(set) var host: String
    /// Still to be expanded, see `CheckerTemplate`.
    package internal(set) var checker: String
    package internal(set) var timeout: Duration
    package internal(set) var extendedTimeout: Duration
    /// Longer than zero.
    package internal(set) var interval: Duration
    /// Zero: no approval is needed.
    package internal(set) var approvalDelay: Duration
    package internal(set) var approvalDuration: Duration

    /// - Parameters:
    ///   - keyIDText: the key ID as it is shown. Only asked for where `keyID` is nil.
    ///   - fingerprint: of an OpenPGP key, as it is shown.
    package init(
        name: ClientName, keyID: KeyID?, keyIDText: String, fingerprint: String,
        secret: SharedSecret, host: String, checker: String, timeout: Duration,
        extendedTimeout: Duration, interval: Duration, approvalDelay: Duration,
        approvalDuration: Duration, isApprovedByDefault: Bool, isEnabled: Bool
    ) {
        self.name = name
        self.keyID = keyID
        unmatchedKeyID = keyID == nil ? keyIDText : ""
        packedFingerprint = Fingerprint(fingerprint)
        self.secret = secret
        self.host = host
        self.checker = checker
        self.timeout = timeout
        self.extendedTimeout = extendedTimeout
        self.interval = interval
        self.approvalDelay = approvalDelay
        self.approvalDuration = approvalDuration
        self.isApprovedByDefault = isApprovedByDefault
        self.isEnabled = isEnabled
    }

    /// As it is shown: without spaces, upper case. Empty if none is given.
    package var keyIDText: String { keyID?.hex ?? unmatchedKeyID }

    /// The same for an OpenPGP key. Only shown.
    package var fingerprint: String { packedFingerprint.text }

    /// nil if none is given.
    package var knownFingerprint: Fingerprint? {
        packedFingerprint.isEmpty ? nil : packedFingerprint
    }
}
