/// What clients.conf says of one client (mandos-clients.conf(5)). Complete and valid.
package struct ClientSettings {
    package let name: ClientName
    /// nil if no key can match: none is given, it is not 64 digits, or it is the hash of nothing.
    package let keyID: KeyID?
    /// As it is shown: without spaces, upper case. Empty if none is given.
    package let keyIDText: String
    /// The same for an OpenPGP key. Only shown.
    package let fingerprint: String
    package let secret: SharedSecret
    /// For the checker only. May be empty.
    package let host: String
    /// Still to be expanded, see `CheckerTemplate`.
    package let checker: String
    package let timeout: Duration
    package let extendedTimeout: Duration
    /// Longer than zero.
    package let interval: Duration
    /// Zero: no approval is needed.
    package let approvalDelay: Duration
    package let approvalDuration: Duration
    package let isApprovedByDefault: Bool
    package let isEnabled: Bool
}
