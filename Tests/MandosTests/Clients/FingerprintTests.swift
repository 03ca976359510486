import Testing

@testable import Mandos

@Suite("Fingerprints") struct FingerprintTests {
    @Test(
        "what is no fingerprint of an OpenPGP key is shown as it is written, too",
        arguments: [
            "0123456789ABCDEF0123456789ABCDEF01234567", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "0000000000000000000000000000000000000000", "8000000000000000F00000000000000110000002",
            "0123456789abcdef0123456789ABCDEF01234567", "0123456789ABCDEF0123456789ABCDEF0123456",
            "0123456789ABCDEF0123456789ABCDEF012345678", "0123456789ABCDEF0123456789ABCDEF0123456G",
            "É123456789ABCDEF0123456789ABCDEF0123456", "AB", "",
        ])
    func text(_ text: String) {
        #expect(Fingerprint(text).text == text)
    }
}
