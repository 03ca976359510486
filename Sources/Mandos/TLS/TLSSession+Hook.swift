internal import CShims.GnuTLS

extension TLSSession {
    /// Has each handshake message of the peer judged before GnuTLS looks into it.
    func judgeMessages(_ session: gnutls_session_t) {
        unsafe gnutls_handshake_set_max_packet_length(
            session, HandshakePolicy.transcriptBytesMax)
        unsafe gnutls_handshake_set_hook_function(
            session, cshim_gnutls_any_message, CInt(GNUTLS_HOOK_PRE)
        ) { session, type, _, isIncoming, message in
            guard isIncoming != 0, let session = unsafe session, let message = unsafe message else {
                return 0
            }
            let tls = unsafe TLSSession.of(gnutls_transport_get_ptr(session))
            return unsafe tls.judge(type, message.pointee, session)
        }
    }

    /// - Returns: 0, or the code of the error with which the handshake ends.
    private func judge(
        _ type: UInt32, _ message: gnutls_datum_t, _ session: gnutls_session_t
    ) -> CInt {
        let body = unsafe UnsafeBufferPointer(start: message.data, count: Int(message.size))
        // Not copied if it is too long to be looked into.
        let count = min(body.count, HandshakePolicy.messageBytesMax + 1)
        do throws(PeerRefusal) {
            try unsafe HandshakePolicy.check(
                type, Array(body[..<count]), Self.agreement(session))
            return 0
        } catch {
            refusal = error
            return error.code
        }
    }

    private static func agreement(_ session: gnutls_session_t) -> HandshakePolicy.Agreement {
        let type = unsafe gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER)
        let name = unsafe gnutls_certificate_type_get_name(type)
        let exchange = unsafe gnutls_kx_get(session)
        return HandshakePolicy.Agreement(
            isTLS13: unsafe gnutls_protocol_get_version(session) == GNUTLS_TLS1_3,
            otherCertificateType: type == GNUTLS_CRT_RAWPK
                ? nil : unsafe name.map { unsafe String(cString: $0) } ?? "unknown",
            hasPeerPrime: exchange == GNUTLS_KX_DHE_RSA || exchange == GNUTLS_KX_DHE_DSS)
    }
}

extension PeerRefusal {
    /// With which GnuTLS chooses the alert.
    fileprivate var code: CInt {
        switch self {
        case .certificateType, .noKey, .key: GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE
        case .message, .excess: GNUTLS_E_UNEXPECTED_PACKET
        }
    }
}
