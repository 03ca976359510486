import Testing

@testable import Mandos

@Suite("Handshake messages that a peer may send") struct HandshakePolicyTests {
    private static let ed25519: [UInt8] =
        [0x30, 42, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 33, 0] + [UInt8](repeating: 7, count: 32)

    private static func agreement(
        isTLS13: Bool = true, other: String? = nil, hasPeerPrime: Bool = false
    ) -> HandshakePolicy.Agreement {
        .init(isTLS13: isTLS13, otherCertificateType: other, hasPeerPrime: hasPeerPrime)
    }

    private static func list(
        _ entries: [UInt8]..., context: [UInt8] = [0], rest: [UInt8] = []
    ) -> [UInt8] {
        let all = entries.flatMap { $0 }
        return context + [0, UInt8(all.count >> 8), UInt8(all.count & 0xFF)] + all + rest
    }

    private static func entry(_ key: [UInt8], extensions: [UInt8] = [0, 0]) -> [UInt8] {
        [0, 0, UInt8(key.count)] + key + extensions
    }

    private static let certificate: UInt32 = 11

    @Test("are a Certificate with one raw public key, in TLS 1.3 and in TLS 1.2")
    func oneKey() throws {
        try HandshakePolicy.check(
            Self.certificate, Self.list(Self.entry(Self.ed25519)), Self.agreement())
        try HandshakePolicy.check(
            Self.certificate, Self.entry(Self.ed25519, extensions: []),
            Self.agreement(isTLS13: false))
    }

    struct Refused: CustomTestStringConvertible {
        let words: String
        let body: [UInt8]
        var isTLS13 = true
        var testDescription: String { words }
    }

    static let refused = [
        Refused(words: "no key", body: list()),
        Refused(words: "no key", body: list(entry([]))),
        Refused(words: "no key", body: [0, 0, 0], isTLS13: false),
        Refused(words: "more than one key", body: list(entry(ed25519), entry(ed25519))),
        Refused(words: "with extensions", body: list(entry(ed25519, extensions: [0, 5]))),
        Refused(
            words: "more than one key", body: list(entry(ed25519, extensions: [0, 1, 9]))),
        Refused(words: "malformed", body: []),
        Refused(words: "malformed", body: [0, 0]),
        Refused(words: "malformed", body: list(entry(ed25519), rest: [0])),
        Refused(words: "malformed", body: list(entry(ed25519), context: [1, 9])),
        Refused(words: "malformed", body: list([0, 0, 200, 1])),
        Refused(words: "malformed", body: list([0, 0])),
        Refused(words: "malformed", body: entry(ed25519), isTLS13: false),
        Refused(words: "malformed", body: [0, 0], isTLS13: false),
        Refused(words: "SubjectPublicKeyInfo", body: list(entry([1, 2, 3]))),
    ]

    @Test("are no other Certificate", arguments: refused)
    func refuses(_ row: Refused) {
        let refusal = #expect(throws: PeerRefusal.self) {
            try HandshakePolicy.check(
                Self.certificate, row.body, Self.agreement(isTLS13: row.isTLS13))
        }
        #expect(refusal?.text.contains(row.words) == true, "\(refusal?.text ?? "")")
    }

    @Test("are no certificates of another type: those are not read")
    func otherType() {
        #expect(throws: PeerRefusal.certificateType("X.509")) {
            try HandshakePolicy.check(
                Self.certificate, [0xFF], Self.agreement(other: "X.509"))
        }
    }

    @Test("are no longer than 4 KiB")
    func long() throws {
        for type: UInt32 in [2, 4, 8, 13, 15, 24, 1025] {
            try HandshakePolicy.check(
                type, [UInt8](repeating: 0, count: 4096), Self.agreement())
            #expect(throws: PeerRefusal.message("a handshake message of 4097 bytes")) {
                try HandshakePolicy.check(
                    type, [UInt8](repeating: 0, count: 4097), Self.agreement())
            }
        }
    }

    @Test("are of no unknown type, and not compressed", arguments: [1, 3, 5, 21, 23, 25, 254])
    func types(_ type: UInt32) {
        #expect(throws: PeerRefusal.message("a handshake message of type \(type)")) {
            try HandshakePolicy.check(type, [], Self.agreement())
        }
    }

    @Test("bring no prime of more than 8192 bits, in TLS 1.2")
    func primes() throws {
        let agreement = Self.agreement(isTLS13: false, hasPeerPrime: true)
        try HandshakePolicy.check(12, [4, 0, 0xFF], agreement)
        for body: [UInt8] in [[4, 1, 0xFF], [0xFF, 0xFF], [], [4]] {
            #expect(throws: PeerRefusal.self) { try HandshakePolicy.check(12, body, agreement) }
        }
        // The name of a curve.
        try HandshakePolicy.check(12, [3, 0, 23], Self.agreement(isTLS13: false))
    }
}
