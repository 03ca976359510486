internal import CShims.GnuTLS

/// What all sessions share: the parsed priority string, the credential and a buffer to read into.
@safe package final class TLSContext {
    let priority: gnutls_priority_t
    let credential: gnutls_certificate_credentials_t
    /// Where bytes from a peer arrive, one read at a time.
    let scratch: UnsafeMutableRawBufferPointer

    /// One full TLS record with its overhead: RFC 8446, section 5.2.
    private static let scratchBytes = 5 + 16384 + 256

    /// - Throws: when the string cannot be parsed, or leaves nothing with which a peer could be
    ///   spoken to. The problem says what to write.
    package init(priority text: String) throws(PriorityError) {
        unsafe priority = try Self.parse(text)
        var credential: gnutls_certificate_credentials_t?
        let code = unsafe gnutls_certificate_allocate_credentials(&credential)
        precondition(code == GNUTLS_E_SUCCESS, "out of memory")
        unsafe self.credential = unsafe credential!
        unsafe scratch = .allocate(byteCount: Self.scratchBytes, alignment: 16)
        try checkUsable(text)
    }

    deinit {
        unsafe scratch.deallocate()
        unsafe gnutls_certificate_free_credentials(credential)
        unsafe gnutls_priority_deinit(priority)
    }

    private static func parse(_ text: String) throws(PriorityError) -> gnutls_priority_t {
        var priority: gnutls_priority_t?
        var position: UnsafePointer<CChar>?
        var rest = ""
        let code = unsafe text.withCString { start in
            let code = unsafe gnutls_priority_init2(&priority, start, &position, 0)
            if let position = unsafe position { rest = unsafe String(cString: position) }
            return code
        }
        if code == GNUTLS_E_SUCCESS, let priority = unsafe priority { return unsafe priority }
        let reason = TLSError.reason(code)
        let place = rest.isEmpty ? "" : " at “\(rest)”"
        throw PriorityError(
            problem: "expected a GnuTLS priority string, found “\(text)”: \(reason)\(place)")
    }

    private func checkUsable(_ text: String) throws(PriorityError) {
        func refuse(_ lack: String, _ remedy: String) throws(PriorityError) {
            throw PriorityError(
                problem: "expected a priority string that allows \(lack), found “\(text)”: "
                    + "add “\(remedy)”, or leave the setting out")
        }
        var list: UnsafePointer<CUnsignedInt>?
        let types = unsafe gnutls_priority_certificate_type_list2(
            priority, &list, GNUTLS_CTYPE_SERVER)
        let hasRawKeys = (0..<max(0, Int(types))).contains {
            unsafe list![$0] == GNUTLS_CRT_RAWPK.rawValue
        }
        if !hasRawKeys { try refuse("raw public keys", ":+CTYPE-RAWPK") }
        let versions = unsafe gnutls_priority_protocol_list(priority, &list)
        let hasVersion = (0..<max(0, Int(versions))).contains {
            let version = unsafe list![$0]
            return version == GNUTLS_TLS1_2.rawValue || version == GNUTLS_TLS1_3.rawValue
        }
        if !hasVersion { try refuse("TLS 1.2 or 1.3", ":+VERS-TLS1.3") }
        if unsafe gnutls_priority_cipher_list(priority, &list) <= 0 {
            try refuse("a cipher", ":+AES-256-GCM")
        }
        if unsafe gnutls_priority_group_list(priority, &list) <= 0 {
            try refuse("a group for the key exchange", ":+GROUP-ALL")
        }
        if unsafe gnutls_priority_sign_list(priority, &list) <= 0 {
            try refuse("a signature", ":+SIGN-ALL")
        }
    }

    /// Without it, only clients are served whose own string has TLS 1.2, which is not their default.
    package var hasTLS13: Bool {
        var list: UnsafePointer<CUnsignedInt>?
        let count = unsafe gnutls_priority_protocol_list(priority, &list)
        return (0..<max(0, Int(count))).contains { unsafe list![$0] == GNUTLS_TLS1_3.rawValue }
    }

    /// The computations that the priority string allows a stranger to cause.
    package var costs: PriorityCosts {
        var list: UnsafePointer<CUnsignedInt>?
        let groupCount = unsafe gnutls_priority_group_list(priority, &list)
        let groups = (0..<max(0, Int(groupCount))).compactMap { index in
            unsafe Self.text(gnutls_group_get_name(gnutls_group_t(rawValue: list![index])))
        }
        let versionCount = unsafe gnutls_priority_protocol_list(priority, &list)
        let isBelow13 = (0..<max(0, Int(versionCount))).contains {
            unsafe list![$0] == GNUTLS_TLS1_2.rawValue
        }
        let exchangeCount = unsafe gnutls_priority_kx_list(priority, &list)
        let hasPrimes = (0..<max(0, Int(exchangeCount))).contains {
            unsafe list![$0] == GNUTLS_KX_DHE_RSA.rawValue
                || list![$0] == GNUTLS_KX_DHE_DSS.rawValue
        }
        return PriorityCosts(groups: groups, allowsPeerPrimes: isBelow13 && hasPrimes)
    }

    private static func text(_ name: UnsafePointer<CChar>?) -> String? {
        unsafe name.map { unsafe String(cString: $0) }
    }

    /// Loads a raw key, with which sessions can also be the server of the handshake.
    ///
    /// - Parameters: both keys in PEM form, PKCS #8 and SubjectPublicKeyInfo.
    package func loadKey(privatePEM: String, publicPEM: String) throws(TLSError) {
        var (privatePEM, publicPEM) = (privatePEM, publicPEM)
        let code = privatePEM.withUTF8 { secret in
            publicPEM.withUTF8 { key in
                var secret = unsafe Self.datum(secret)
                var key = unsafe Self.datum(key)
                return unsafe gnutls_certificate_set_rawpk_key_mem(
                    credential, &key, &secret, GNUTLS_X509_FMT_PEM, nil, 0, nil, 0, 0)
            }
        }
        guard code >= 0 else { throw TLSError("gnutls_certificate_set_rawpk_key_mem", code) }
    }

    private static func datum(_ bytes: UnsafeBufferPointer<UInt8>) -> gnutls_datum_t {
        unsafe gnutls_datum_t(
            data: UnsafeMutablePointer(mutating: bytes.baseAddress), size: UInt32(bytes.count))
    }
}

/// Why a priority string is of no use, with what to write instead.
package struct PriorityError: Error, Equatable {
    package let problem: String
}
