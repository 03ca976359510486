internal import CShims.GnuTLS

/// Bytes that only who has the right key can read or make: AES-256-GCM, with a key that HKDF-SHA-256
/// (RFC 5869) makes of a secret and of a salt, which is new each time.
package struct SealedBytes: Equatable {
    /// Form, salt, nonce, ciphertext, tag.
    package let bytes: [UInt8]

    private static let form: UInt8 = 1
    private static let saltBytes = 32
    private static let nonceBytes = 12
    private static let tagBytes = 16
    private static let keyBytes = 32
    private static let headerBytes = 1 + saltBytes + nonceBytes
    /// What the key is for, so that another use of the same secret has another key.
    private static let purpose: StaticString = "mandos saved secret 1"

    /// What was saved.
    package init(saved bytes: [UInt8]) { self.bytes = bytes }

    /// - Parameters:
    ///   - secret: of which the key is made. Whoever can guess it can open what is sealed.
    ///   - owner: for whom it is. Cannot be opened for another.
    /// - Returns: nil if GnuTLS refuses.
    package init?(
        sealing plain: UnsafeRawBufferPointer, under secret: UnsafeRawBufferPointer,
        for owner: String
    ) {
        var bytes = [UInt8](
            repeating: 0, count: Self.headerBytes + plain.count + Self.tagBytes)
        bytes[0] = Self.form
        let isSealed = unsafe bytes.withUnsafeMutableBytes { buffer in
            let random = unsafe UnsafeMutableRawBufferPointer(
                rebasing: buffer[1..<Self.headerBytes])
            guard unsafe gnutls_rnd(GNUTLS_RND_RANDOM, random.baseAddress!, random.count) == 0
            else { return false }
            let (salt, nonce) = unsafe Self.header(of: UnsafeRawBufferPointer(buffer))
            let output = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[Self.headerBytes...])
            return unsafe Self.withCipher(secret, salt) { cipher in
                var count = output.count
                var owner = owner
                let code = owner.withUTF8 { owner in
                    unsafe gnutls_aead_cipher_encrypt(
                        cipher, nonce.baseAddress, nonce.count, owner.baseAddress, owner.count,
                        Self.tagBytes, plain.baseAddress, plain.count, output.baseAddress, &count)
                }
                return code == 0 && count == output.count
            }
        }
        guard isSealed else { return nil }
        self.bytes = bytes
    }

    /// nil if they were sealed under another secret or for another owner, or were changed since.
    package func open(under secret: UnsafeRawBufferPointer, for owner: String) -> SensitiveBytes? {
        let count = bytes.count - Self.headerBytes - Self.tagBytes
        guard count >= 0, bytes[0] == Self.form else { return nil }
        var plain = SensitiveBytes(capacity: count)
        var isOpen = false
        unsafe bytes.withUnsafeBytes { buffer in
            let (salt, nonce) = unsafe Self.header(of: buffer)
            let input = unsafe UnsafeRawBufferPointer(rebasing: buffer[Self.headerBytes...])
            unsafe plain.append(atLeast: count) { output in
                isOpen = unsafe Self.withCipher(secret, salt) { cipher in
                    var length = count
                    var owner = owner
                    let code = owner.withUTF8 { owner in
                        unsafe gnutls_aead_cipher_decrypt(
                            cipher, nonce.baseAddress, nonce.count, owner.baseAddress, owner.count,
                            Self.tagBytes, input.baseAddress, input.count, output.baseAddress,
                            &length)
                    }
                    return code == 0 && length == count
                }
                return isOpen ? count : 0
            }
        }
        if isOpen { return plain }
        return nil
    }

    private static func header(
        of buffer: UnsafeRawBufferPointer
    ) -> (salt: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer) {
        unsafe (
            UnsafeRawBufferPointer(rebasing: buffer[1..<1 + saltBytes]),
            UnsafeRawBufferPointer(rebasing: buffer[1 + saltBytes..<headerBytes])
        )
    }

    private static func withCipher(
        _ secret: UnsafeRawBufferPointer, _ salt: UnsafeRawBufferPointer,
        _ body: (gnutls_aead_cipher_hd_t) -> Bool
    ) -> Bool {
        var key = SensitiveBytes(capacity: keyBytes)
        unsafe key.append(atLeast: keyBytes) { unsafe derive(secret, salt, into: $0) }
        guard key.count == keyBytes else { return false }
        return unsafe key.withBytes { key in
            var datum = unsafe datum(key)
            var cipher: gnutls_aead_cipher_hd_t?
            guard unsafe cshim_gnutls_init_aes256_gcm(&cipher, &datum) == 0,
                let cipher = unsafe cipher
            else { return false }
            defer { unsafe gnutls_aead_cipher_deinit(cipher) }
            return unsafe body(cipher)
        }
    }

    /// Returns how many bytes of key there are: all or none.
    private static func derive(
        _ secret: UnsafeRawBufferPointer, _ salt: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        var extracted = SensitiveBytes(capacity: keyBytes)
        unsafe extracted.append(atLeast: keyBytes) { buffer in
            var secret = unsafe datum(secret)
            var salt = unsafe datum(salt)
            let code = unsafe gnutls_hkdf_extract(
                GNUTLS_MAC_SHA256, &secret, &salt, buffer.baseAddress!)
            return code == 0 ? keyBytes : 0
        }
        guard extracted.count == keyBytes else { return 0 }
        return unsafe extracted.withBytes { extracted in
            var extracted = unsafe datum(extracted)
            var info = unsafe datum(
                UnsafeRawBufferPointer(start: purpose.utf8Start, count: purpose.utf8CodeUnitCount))
            let code = unsafe gnutls_hkdf_expand(
                GNUTLS_MAC_SHA256, &extracted, &info, output.baseAddress!, keyBytes)
            return code == 0 ? keyBytes : 0
        }
    }

    /// GnuTLS only reads what it points to.
    private static func datum(_ bytes: UnsafeRawBufferPointer) -> gnutls_datum_t {
        unsafe gnutls_datum_t(
            data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
                .assumingMemoryBound(to: UInt8.self),
            size: UInt32(bytes.count))
    }
}
