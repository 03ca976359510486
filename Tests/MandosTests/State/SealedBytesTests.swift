import Testing

@testable import Mandos

@Suite("Sealed bytes") struct SealedBytesTests {
    private let plain = Array("the password of a disk".utf8)
    private let key = Array("what clients.conf has".utf8)

    private func seal(_ plain: [UInt8], _ key: [UInt8], for owner: String) throws -> SealedBytes {
        try #require(
            plain.withUnsafeBytes { plain in
                key.withUnsafeBytes { SealedBytes(sealing: plain, under: $0, for: owner) }
            })
    }

    private func open(_ sealed: SealedBytes, _ key: [UInt8], for owner: String) -> [UInt8]? {
        let opened = SensitiveBytes(copying: key).withBytes { sealed.open(under: $0, for: owner) }
        guard let opened else { return nil }
        return opened.withSpan { bytes(of: $0) }
    }

    @Test("are what they were for who has the secret", arguments: [0, 1, 22, 100_000])
    func roundTrip(_ count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try seal(plain, key, for: "web1")
        #expect(open(sealed, key, for: "web1") == plain)
    }

    @Test("are nothing for whoever has another secret, or for another owner")
    func refusal() throws {
        let sealed = try seal(plain, key, for: "web1")
        #expect(open(sealed, key + [0], for: "web1") == nil)
        #expect(open(sealed, [], for: "web1") == nil)
        #expect(open(sealed, key, for: "web2") == nil)
    }

    @Test("are nothing when a bit of them has changed, or an end is missing")
    func tampering() throws {
        let sealed = try seal(plain, key, for: "web1")
        for index in sealed.bytes.indices {
            var bytes = sealed.bytes
            bytes[index] ^= 1
            #expect(open(SealedBytes(saved: bytes), key, for: "web1") == nil)
            let part = SealedBytes(saved: Array(sealed.bytes[..<index]))
            #expect(open(part, key, for: "web1") == nil)
        }
    }

    @Test("never look the same twice")
    func freshness() throws {
        let first = try seal(plain, key, for: "web1")
        #expect(try seal(plain, key, for: "web1") != first)
    }
}
