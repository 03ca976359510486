internal import CShims.GnuTLS

/// A call of GnuTLS that failed for good.
package struct TLSError: Error {
    package let call: StaticString
    /// One of `GNUTLS_E_…`, negative.
    package let code: CInt
    /// The alert with which the peer ended the session, if it did.
    package let alert: String?

    init(_ call: StaticString, _ code: CInt, alert: String? = nil) {
        self.call = call
        self.code = code
        self.alert = alert
    }

    /// In the library's own words (gnutls_strerror(3)).
    package var text: String {
        let reason = unsafe String(cString: gnutls_strerror(code))
        guard let alert else { return reason }
        return "\(reason) (\(alert))"
    }

    /// Whether the connection broke, rather than that the two ends could not agree.
    package var isOfTransport: Bool {
        switch code {
        case GNUTLS_E_PREMATURE_TERMINATION, GNUTLS_E_PULL_ERROR, GNUTLS_E_PUSH_ERROR,
            GNUTLS_E_SESSION_EOF:
            true
        default: false
        }
    }
}
