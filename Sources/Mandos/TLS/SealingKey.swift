internal import CShims.GnuTLS

/// A key for `SealedBytes` that is made of nothing but chance.
package enum SealingKey {
    package static let bytes = 32

    /// nil if GnuTLS refuses.
    package static func make() -> SensitiveBytes? {
        var key = SensitiveBytes(capacity: bytes)
        unsafe key.append(atLeast: bytes) { buffer in
            let code = unsafe gnutls_rnd(GNUTLS_RND_KEY, buffer.baseAddress!, bytes)
            return code == 0 ? bytes : 0
        }
        if key.count == bytes { return key }
        return nil
    }
}
