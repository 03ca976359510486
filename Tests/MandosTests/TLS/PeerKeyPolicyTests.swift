import Testing

@testable import Mandos

/// Writes DER, right or wrong.
private enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case ..<0x80: [tag, UInt8(content.count)] + content
        case ..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
        }
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }

    static func information(_ algorithm: [UInt8], _ key: [UInt8]) -> [UInt8] {
        sequence(sequence(algorithm), element(0x03, [0] + key))
    }

    static func named(_ content: UInt8...) -> [UInt8] { element(0x06, content) }

    /// An odd number of that many bits.
    static func number(bits: Int, last: UInt8 = 1) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (bits + 7) / 8)
        bytes[0] = 1 << UInt8((bits - 1) % 8)
        bytes[bytes.count - 1] |= last
        return element(0x02, (bytes[0] >= 0x80 ? [0] : []) + bytes)
    }

    static let null: [UInt8] = [5, 0]
    static let rsaName = named(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01)
    static let pssName = named(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A)
    static let ecName = named(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01)
    static let p256 = named(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07)
    static let p384 = named(0x2B, 0x81, 0x04, 0x00, 0x22)
    static let p521 = named(0x2B, 0x81, 0x04, 0x00, 0x23)
    static let p224 = named(0x2B, 0x81, 0x04, 0x00, 0x21)

    static func rsa(_ bits: Int, _ exponent: [UInt8] = [2, 3, 1, 0, 1]) -> [UInt8] {
        information(rsaName + null, sequence(number(bits: bits), exponent))
    }

    static func pss(_ parameters: [UInt8]) -> [UInt8] {
        information(
            pssName + parameters, sequence(number(bits: 2048), number(bits: 17)))
    }

    static func point(_ curve: [UInt8], _ bytes: Int, form: UInt8 = 4) -> [UInt8] {
        information(ecName + curve, [form] + [UInt8](repeating: 7, count: 2 * bytes))
    }

    static func edwards(_ last: UInt8, _ bytes: Int, _ parameters: [UInt8] = []) -> [UInt8] {
        information(
            named(0x2B, 0x65, last) + parameters, [UInt8](repeating: 7, count: bytes))
    }

    static func pssParameters(salt: [UInt8], trailer: [UInt8] = [2, 1, 1]) -> [UInt8] {
        let hash = sequence(named(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01), null)
        let mask = sequence(
            named(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08), hash)
        return sequence(
            element(0xA0, hash), element(0xA1, mask), element(0xA2, salt), element(0xA3, trailer))
    }
}

@Suite("Keys that a peer may show") struct PeerKeyPolicyTests {
    struct Allowed: CustomTestStringConvertible {
        let key: PeerKeyPolicy.Key
        let information: [UInt8]
        var testDescription: String { "\(key)" }
    }

    static let allowed = [
        Allowed(key: .ed25519, information: DER.edwards(0x70, 32)),
        Allowed(key: .ed448, information: DER.edwards(0x71, 57)),
        Allowed(key: .ecdsa(256), information: DER.point(DER.p256, 32)),
        Allowed(key: .ecdsa(384), information: DER.point(DER.p384, 48)),
        Allowed(key: .ecdsa(521), information: DER.point(DER.p521, 66)),
        Allowed(key: .rsa(2048), information: DER.rsa(2048)),
        Allowed(key: .rsa(3071), information: DER.rsa(3071)),
        Allowed(key: .rsa(8192), information: DER.rsa(8192)),
        Allowed(key: .rsa(4096), information: DER.rsa(4096, DER.number(bits: 32))),
        Allowed(key: .rsa(4096), information: DER.rsa(4096, [2, 1, 3])),
        Allowed(key: .rsaPSS(2048), information: DER.pss([])),
        Allowed(
            key: .rsaPSS(2048), information: DER.pss(DER.pssParameters(salt: [2, 1, 32]))),
        Allowed(key: .rsaPSS(2048), information: DER.pss(DER.sequence())),
    ]

    @Test("are those that mandos-keygen can make", arguments: allowed)
    func allows(_ row: Allowed) throws {
        #expect(try PeerKeyPolicy.check(row.information) == row.key)
    }

    @Test("are whole: each cut, and each byte too many, is refused", arguments: allowed)
    func cuts(_ row: Allowed) {
        for count in 0..<row.information.count {
            #expect(throws: PeerRefusal.self) {
                try PeerKeyPolicy.check(Array(row.information[..<count]))
            }
        }
        #expect(throws: PeerRefusal.self) { try PeerKeyPolicy.check(row.information + [0]) }
    }

    struct Refused: CustomTestStringConvertible {
        let words: String
        let information: [UInt8]
        init(_ words: String, _ information: [UInt8]) {
            self.words = words
            self.information = information
        }
        var testDescription: String { "\(words), \(information.count) bytes" }
    }

    static let refused = [
        Refused("an RSA key of 2047 bits; expected 2048 to 8192", DER.rsa(2047)),
        Refused("an RSA key of 8193 bits", DER.rsa(8193)),
        Refused("an RSA key of 65536 bits", DER.rsa(65536, DER.number(bits: 65536))),
        Refused(
            "an exponent of 33 bits; expected 32 at most", DER.rsa(2048, DER.number(bits: 33))),
        Refused("an exponent of 8192 bits", DER.rsa(8192, DER.number(bits: 8192))),
        Refused("or with the exponent 1", DER.rsa(2048, [2, 1, 1])),
        Refused("even modulus or exponent", DER.rsa(2048, [2, 1, 2])),
        Refused(
            "even modulus or exponent",
            DER.information(
                DER.rsaName + DER.null,
                DER.sequence(DER.number(bits: 2048, last: 0), [2, 1, 3]))),
        Refused("malformed RSA", DER.rsa(2048, [2, 1, 0])),
        Refused("malformed RSA", DER.rsa(2048, [2, 1, 0x83])),  // negative
        Refused("malformed RSA", DER.rsa(2048, [2, 2, 0, 3])),  // not the shortest
        Refused("malformed RSA", DER.rsa(2048, [2, 0x81, 1, 3])),
        Refused("malformed RSA", DER.rsa(2048, [2, 1, 3, 2, 1, 3])),
        Refused("malformed RSA", DER.rsa(2048, [])),
        Refused(
            "malformed RSA",
            DER.information(
                DER.rsaName + [4, 0], DER.sequence(DER.number(bits: 2048), [2, 1, 3]))),
        Refused("malformed RSA-PSS", DER.pss(DER.pssParameters(salt: [2, 1, 65]))),
        Refused("malformed RSA-PSS", DER.pss(DER.pssParameters(salt: [2, 4, 0x7F, 0, 0, 0]))),
        Refused(
            "malformed RSA-PSS", DER.pss(DER.pssParameters(salt: [2, 1, 32], trailer: [2, 1, 65]))),
        Refused("malformed RSA-PSS", DER.pss(DER.element(0x30, [UInt8](repeating: 0, count: 99)))),
        Refused("ECDSA key of curve 1.3.132.0.33; expected P-256", DER.point(DER.p224, 28)),
        Refused("malformed ECDSA", DER.point(DER.p256, 48)),
        Refused("malformed ECDSA", DER.point(DER.p256, 32, form: 2)),
        Refused("ECDSA key without a named curve", DER.point([], 32)),
        Refused("ECDSA key without a named curve", DER.point(DER.sequence([2, 1, 1]), 32)),
        Refused("ECDSA key without a named curve", DER.point(DER.p256 + DER.null, 32)),
        Refused("malformed Ed25519", DER.edwards(0x70, 31)),
        Refused("malformed Ed25519", DER.edwards(0x70, 32, DER.null)),
        Refused("malformed Ed448", DER.edwards(0x71, 32)),
        Refused("algorithm 1.3.101.110; expected Ed25519", DER.edwards(0x6E, 32)),  // X25519
        Refused(
            "algorithm 1.2.840.10040.4.1;",  // DSA
            DER.information(DER.named(0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01), [2, 1, 3])),
        Refused(
            "algorithm 1.2.643.7.1.1.1.1;",  // GOST R 34.10-2012
            DER.information(DER.named(0x2A, 0x85, 0x03, 0x07, 0x01, 0x01, 0x01, 0x01), [4, 1, 3])),
        Refused("no SubjectPublicKeyInfo", []),
        Refused("no SubjectPublicKeyInfo", [0x30, 0x80, 0, 0]),
        Refused("no SubjectPublicKeyInfo", [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
        Refused(
            "no SubjectPublicKeyInfo",  // a bit is unused
            DER.sequence(DER.sequence(DER.named(0x2B, 0x65, 0x70)), DER.element(3, [1, 2]))),
        Refused(
            "no SubjectPublicKeyInfo",  // a name that would not end
            DER.information(DER.named(0x2B, 0xE5), [1])),
        Refused(
            "no SubjectPublicKeyInfo",
            DER.information(DER.element(6, [UInt8](repeating: 1, count: 1000)), [1])),
    ]

    @Test("are no others, and the refusal says what is wrong", arguments: refused)
    func refuses(_ row: Refused) {
        let refusal = #expect(throws: PeerRefusal.self) {
            try PeerKeyPolicy.check(row.information)
        }
        #expect(refusal?.text.contains(row.words) == true, "\(refusal?.text ?? "")")
    }
}
