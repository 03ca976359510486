internal import CShims.GnuTLS
package import Reactor

/// A call of GnuTLS that failed for good.
package struct TLSError: Error {
    package let call: StaticString
    /// One of `GNUTLS_E_…`, negative.
    package let code: CInt
    /// The alert with which the peer ended the session, if it did.
    package let alert: String?
    /// What the stream below had to say.
    package let cause: SystemError?
    /// Why we refused to go on, if we did.
    package let refusal: PeerRefusal?
    /// Whether the peer seems unable to do what is asked of it: TLS 1.3 and a raw public key.
    package let isIncompatible: Bool
    /// Whether it hung up instead of answering: a probe, or a peer of another kind.
    package let hasLeft: Bool

    init(
        _ call: StaticString, _ code: CInt, alert: String? = nil, cause: SystemError? = nil,
        refusal: PeerRefusal? = nil, hasReceived: Bool = true
    ) {
        self.call = call
        self.code = code
        self.alert = alert
        self.cause = cause
        self.refusal = refusal
        isIncompatible = alert != nil || Self.isIncompatible(code)
        let isEnd = code == GNUTLS_E_PREMATURE_TERMINATION || code == GNUTLS_E_PULL_ERROR
        hasLeft = isEnd && !hasReceived
    }

    private static func isIncompatible(_ code: CInt) -> Bool {
        switch code {
        case GNUTLS_E_UNSUPPORTED_VERSION_PACKET, GNUTLS_E_UNKNOWN_CIPHER_SUITE,
            GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE, GNUTLS_E_NO_CIPHER_SUITES,
            GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION, GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:
            true
        default: false
        }
    }

    /// In the library's own words (gnutls_strerror(3)), as part of a sentence.
    package var text: String {
        if let refusal { return "the peer sent \(refusal.text)" }
        if let cause { return cause.reason }
        let reason = Self.reason(code)
        guard let alert else { return reason }
        return "\(reason) (\(alert))"
    }

    /// Without the full stop with which the library ends it.
    static func reason(_ code: CInt) -> String {
        let text = unsafe String(cString: gnutls_strerror(code))
        return text.utf8.last == UInt8(ascii: ".") ? String(Substring(text.utf8.dropLast())) : text
    }
}
