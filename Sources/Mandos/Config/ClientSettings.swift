/// What clients.conf says of one client (mandos-clients.conf(5)). Complete and valid. What can be
/// changed while the server runs is a variable: see `ClientSetting`.
package struct ClientSettings {
    package let name: ClientName
    /// nil if no key can match: none is given, it is not 64 digits, or it is the hash of nothing.
    package let keyID: KeyID?
    /// As it is shown: without spaces, upper case. Empty if none is given.
    package let keyIDText: String
    /// The same for an OpenPGP key. Only shown.
    package let fingerprint: String
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
    package internal(set) var isApprovedByDefault: Bool
    package let isEnabled: Bool
}
