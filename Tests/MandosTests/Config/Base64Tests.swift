import ReactorSimulation
import Testing

@testable import Mandos

private func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
    guard let output = Base64.decode([UInt8](text).span) else { return nil }
    return output.withSpan { bytes(of: $0) }
}

struct Base64Tests {
    @Test(
        "base64 is read leniently",
        arguments: [
            ("", [] as [UInt8]?), ("QUJD", [65, 66, 67]), ("QUI=", [65, 66]), ("QQ==", [65]),
            (" Q U\nJ D\n", [65, 66, 67]), ("Q*UéJD", [65, 66, 67]), ("QQ=\n=", [65]),
            ("QQ==ignored!", [65]), ("====", []), ("=QUJD", [65, 66, 67]), ("QQ=UJD", nil),
            ("QQ=UJ=DQ", nil), ("QQ=U=JD", [65, 5]),
            ("QQ", nil), ("QQ=", nil), ("QUI", nil), ("Q", nil), ("Q===", nil), ("QUJDQ", nil),
        ])
    func base64(text: String, bytes: [UInt8]?) {
        #expect(decoded(text.utf8) == bytes)
    }

    @Test(
        "random base64 is what a2b_base64 makes of it",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomBase64() throws {
        var generator = SeededGenerator.fromEnvironment()
        let pieces = [
            "A", "Q", "z", "0", "9", "+", "/", "=", "=", "\n", " ", "-", "_", "é", "\0", "QUJD",
        ]
        let cases = (0..<50_000).map { _ in generator.text(of: pieces, countMax: 10) }
        let script = """
            import binascii
            def answer(data):
                try: return "=" + binascii.a2b_base64(data).hex()
                except binascii.Error: return "error"
            """
        for (text, expected) in zip(cases, try Python.answers(to: cases, script)) {
            let found = decoded(text).map { "=" + Python.hex($0) } ?? "error"
            try #require(
                found == expected,
                "TEST_SEED=\(generator.seed): \(String(decoding: text, as: UTF8.self).debugDescription)"
            )
        }
    }
}
