import Foundation
import Testing

extension SystemTests {
    @Suite("Memory")
    struct FootprintTests {
        @Test(
            "of each further client is at most 1060 bytes and its secret", arguments: Binary.built)
        func clients(_ binary: Binary) throws {
            let (count, secretByteCount) = (10_000, 300)
            let one = try anonymousBytes(binary, "")
            let many = try anonymousBytes(
                binary, (0..<count).map { section($0, secretByteCount) }.joined())
            print("\(binary.path): \((many - one) / count) bytes for each client")
            #expect(many - one <= (1060 + secretByteCount) * count)
        }

        /// Of memory of its own, which programs and libraries are not: of a server that has served somebody, and will not check anybody soon.
        private func anonymousBytes(_ binary: Binary, _ clients: String) throws -> Int {
            var bytes = 0
            try OneClient.run(binary) {
                $0.isQuiet = true
                $0.clients =
                    "[DEFAULT]\nchecker = :\ninterval = P20D\ntimeout = P40D\n" + $0.clients
                    + clients
            } _: { client in
                try client.expectService(within: 60)
                bytes = try client.server.anonymousBytes()
            }
            return bytes
        }

        private func section(_ number: Int, _ secretByteCount: Int) -> String {
            let hex = String(repeating: "0", count: 40) + String(number)
            let secret = Data((0..<secretByteCount).map { _ in UInt8.random(in: 0...255) })
            return """
                [machine\(number)]
                host = machine\(number).example
                key_id = \(String(repeating: "5", count: 24))\(hex.suffix(40))
                fingerprint = \(hex.suffix(40))
                secret = \(secret.base64EncodedString())

                """
        }
    }
}
