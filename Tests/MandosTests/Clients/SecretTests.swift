import CShims.Linux
import Foundation
import Testing

@testable import Mandos

struct SecretTests {
    @Test("sensitive bytes grow, and what they leave behind when they move is wiped")
    func growth() {
        var secret = SensitiveBytes(capacity: 2)
        for byte in UInt8.min ... .max { secret.append(byte) }
        secret.append([1, 2, 3].span)
        #expect(secret.withSpan { bytes(of: $0) } == Array(0...255) + [1, 2, 3])
        #expect(secret.count == 259 && !secret.isEmpty && secret.capacity >= 259)
    }

    @Test("sensitive bytes are offered to be filled, and count what was")
    func filling() {
        var secret = SensitiveBytes(copying: [1])
        secret.append(atLeast: 3) { buffer in
            #expect(buffer.count >= 3)
            buffer[0] = 2
            return 1
        }
        #expect(secret.withSpan { bytes(of: $0) } == [1, 2])
        #expect(SensitiveBytes().withSpan { $0.isEmpty })
    }

    @Test("two secrets are equal when their bytes are")
    func sharedSecrets() {
        let secret = SharedSecret(sensitive("abc"))
        #expect(secret == secret && secret == SharedSecret(sensitive("abc")))
        #expect(secret != SharedSecret(sensitive("abd")) && secret != SharedSecret(sensitive("ab")))
        #expect(SharedSecret(sensitive("")) == SharedSecret(sensitive("")))
    }

    @Test("the memory of a secret holds none of it after its end")
    func wiping() throws {
        // A page of its own, so that no later allocation writes there.
        let length = 1 << 22
        var address: UnsafeRawPointer?
        do {
            var secret = SensitiveBytes(capacity: length)
            secret.append([UInt8](repeating: 0xA5, count: length).span)
            secret.withBytes { address = $0.baseAddress }
            let place = try #require(address)
            #expect(place.load(as: UInt8.self) == 0xA5)
        }
        // Either unmapped, or zero. Reading /proc/self/mem cannot fault.
        let memory = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/mem"))
        try memory.seek(toOffset: UInt64(UInt(bitPattern: address) + 4096))
        let left = (try? memory.read(upToCount: 4096)) ?? Data()
        #expect(!left.contains(0xA5))
    }

    @Test(
        "a key ID is 64 hexadecimal digits of either case, and spaces",
        arguments: [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "E3B0 C442 98FC 1C14 9AFB F4C8 996F B924  27AE 41E4 649B 934C A495 991B 7852 B855 ",
        ])
    func keyIDs(text: String) throws {
        let key = try #require(KeyID(hex: text))
        #expect(key == .ofNothing && key.hex == text.uppercased().replacing(" ", with: ""))
        #expect(Set([key, .ofNothing]).count == 1)
    }

    @Test(
        "what is no key ID",
        arguments: [
            "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 66),
            String(repeating: "g", count: 64), String(repeating: "é", count: 32),
            String(repeating: "0\n", count: 64),
        ])
    func notKeyIDs(text: String) { #expect(KeyID(hex: text) == nil) }

    @Test("a key ID of bytes has them in order, and there are 32")
    func keyIDOfBytes() {
        func hex(_ bytes: [UInt8]) -> String? { KeyID(bytes: bytes.span)?.hex }
        #expect(
            hex(Array(0..<32)) == "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
        )
        #expect(hex(Array(0..<31)) == nil && hex(Array(0..<33)) == nil)
    }

    @Test(
        "names as parts of D-Bus paths",
        arguments: [
            ("foo.example-1", "foo_example_1"), ("A_z09", "A_z09"), ("a/b", "a/b"), ("", nil),
            ("/a", nil),
            ("a/", nil), ("a//b", nil), ("a b", nil), ("é", nil), ("a\0", nil), ("a:b", nil),
            ("-", "_"),
        ] as [(String, String?)])
    func objectPaths(name: String, element: String?) {
        #expect(ClientName(name).objectPathElement == element)
    }

    @Test("names that only look the same are different")
    func names() {
        let composed = ClientName("\u{E9}"), decomposed = ClientName("e\u{301}")
        #expect(composed != decomposed && Set([composed, decomposed, composed]).count == 2)
        #expect(ClientName("a") < ClientName("b") && !(ClientName("a") < ClientName("a")))
    }
}
