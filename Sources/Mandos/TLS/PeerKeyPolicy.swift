/// Which keys a peer may show. GnuTLS verifies a signature with any key, and RSA lets the peer choose
/// what that costs; so the key is looked at first. Makes no system call.
///
/// Allowed is what mandos-keygen(8) can make that has a signature in TLS 1.3 (RFC 8446, section
/// 4.2.3). Its `--tls-keytype=rsa` makes 8192 bits, `ecdsa` P-384.
package enum PeerKeyPolicy {
    /// An allowed key.
    package enum Key: Equatable {
        case ed25519, ed448
        /// With the number of bits of its curve: 256, 384 or 521.
        case ecdsa(Int)
        /// With the number of bits of the modulus.
        case rsa(Int), rsaPSS(Int)
    }

    /// Fewer are too weak, more take too long: 0.5 s with an exponent of the same size.
    package static let modulusBits = 2048...8192
    /// 65537, nearly everywhere, has 17.
    package static let exponentBitsMax = 32

    /// - Parameter information: a SubjectPublicKeyInfo (RFC 5280, section 4.1), in DER.
    /// - Throws: `PeerRefusal.key`, naming what is wrong with it.
    package static func check(_ information: [UInt8]) throws(PeerRefusal) -> Key {
        var whole = DERReader(information)
        guard var fields = whole.read(DERReader.Tag.sequence), whole.isAtEnd,
            var algorithm = fields.read(DERReader.Tag.sequence),
            let bits = fields.read(DERReader.Tag.bitString)?.rest, bits.first == 0, fields.isAtEnd,
            let name = algorithm.readObjectIdentifier()
        else { throw .key("a key that is no SubjectPublicKeyInfo in DER") }
        let key = Array(bits.dropFirst())
        switch name {
        case .ed25519:
            try check(key.count == 32 && algorithm.isAtEnd, "Ed25519")
            return .ed25519
        case .ed448:
            try check(key.count == 57 && algorithm.isAtEnd, "Ed448")
            return .ed448
        case .ecPublicKey: return .ecdsa(try checkPoint(key, algorithm))
        case .rsaEncryption:
            try check(isNullOrAbsent(algorithm), "RSA")
            return .rsa(try checkNumbers(key))
        case .rsassaPSS:
            try check(RSAPSSParameters.areSound(algorithm), "RSA-PSS")
            return .rsaPSS(try checkNumbers(key))
        default:
            throw .key(
                "a key of algorithm \(name.dotted); expected Ed25519, Ed448, ECDSA or RSA")
        }
    }

    private static func check(_ isSound: Bool, _ name: StaticString) throws(PeerRefusal) {
        guard isSound else { throw .key("a malformed \(name) key") }
    }

    /// - Returns: the number of bits of the curve.
    private static func checkPoint(
        _ point: [UInt8], _ parameters: DERReader
    ) throws(PeerRefusal) -> Int {
        var parameters = parameters
        guard let curve = parameters.readObjectIdentifier(), parameters.isAtEnd else {
            throw .key("an ECDSA key without a named curve")
        }
        let bits: Int
        switch curve {
        case .secp256r1: bits = 256
        case .secp384r1: bits = 384
        case .secp521r1: bits = 521
        default:
            throw .key("an ECDSA key of curve \(curve.dotted); expected P-256, P-384 or P-521")
        }
        // Uncompressed (RFC 8446, section 4.2.8.2); GnuTLS checks that it is on the curve.
        try check(point.first == 4 && point.count == 1 + 2 * ((bits + 7) / 8), "ECDSA")
        return bits
    }

    private static func isNullOrAbsent(_ parameters: DERReader) -> Bool {
        var parameters = parameters
        return parameters.isAtEnd
            || (parameters.read(DERReader.Tag.null)?.isAtEnd == true && parameters.isAtEnd)
    }

    /// An RSAPublicKey (RFC 8017, appendix A.1.1).
    /// - Returns: the number of bits of its modulus.
    private static func checkNumbers(_ key: [UInt8]) throws(PeerRefusal) -> Int {
        var whole = DERReader(key)
        guard var numbers = whole.read(DERReader.Tag.sequence), whole.isAtEnd,
            let modulus = numbers.readPositive(), let exponent = numbers.readPositive(),
            numbers.isAtEnd
        else { throw .key("a malformed RSA key") }
        let (bits, exponentBits) = (bitCount(modulus), bitCount(exponent))
        guard modulusBits.contains(bits) else {
            throw .key(
                "an RSA key of \(bits) bits; expected \(modulusBits.lowerBound) to "
                    + "\(modulusBits.upperBound)")
        }
        guard exponentBits <= exponentBitsMax else {
            throw .key(
                "an RSA key with an exponent of \(exponentBits) bits; expected "
                    + "\(exponentBitsMax) at most")
        }
        guard isOdd(modulus), isOdd(exponent), exponentBits > 1 else {
            throw .key("an RSA key with an even modulus or exponent, or with the exponent 1")
        }
        return bits
    }

    private static func bitCount(_ magnitude: ArraySlice<UInt8>) -> Int {
        guard let first = magnitude.first else { return 0 }
        return 8 * magnitude.count - first.leadingZeroBitCount
    }

    private static func isOdd(_ magnitude: ArraySlice<UInt8>) -> Bool {
        magnitude.last.map { $0 & 1 == 1 } ?? false
    }
}

extension DERReader.ObjectIdentifier {
    // RFC 8410, section 3.
    fileprivate static let ed25519 = Self(0x2B, 0x65, 0x70)
    fileprivate static let ed448 = Self(0x2B, 0x65, 0x71)
    // RFC 5480, section 2.1.1.
    fileprivate static let ecPublicKey = Self(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01)
    fileprivate static let secp256r1 = Self(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07)
    fileprivate static let secp384r1 = Self(0x2B, 0x81, 0x04, 0x00, 0x22)
    fileprivate static let secp521r1 = Self(0x2B, 0x81, 0x04, 0x00, 0x23)
    // RFC 8017, appendix C.
    fileprivate static let rsaEncryption = Self(
        0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01)
    fileprivate static let rsassaPSS = Self(
        0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A)
}
