import Foundation
import Testing

@testable import LoadGenerator

@Suite("Attacks")
struct AttackTests {
    @Test("attacks are kinds with counts")
    func parsing() throws {
        let kinds = Attack.kinds
        #expect(kinds.count > 5)
        #expect(Set(kinds.map(\.name)).count == kinds.count)
        #expect(kinds.allSatisfy { !$0.description.isEmpty })
        let two = "\(kinds[0].name)=1,\(kinds[1].name)=20000"
        #expect(
            Attack.parse(two) == [
                Attack(kind: kinds[0].name, count: 1), Attack(kind: kinds[1].name, count: 20_000),
            ])
    }

    @Test(
        "other texts are no attacks",
        arguments: [
            "", "huge-rsa", "huge-rsa=0", "huge-rsa=20001", "no-such=1", "huge-rsa=1,huge-rsa=2",
        ])
    func refusals(_ text: String) { #expect(Attack.parse(text) == nil) }

    @Test("a key of the fleet is one that GnuTLS reads")
    func key() throws {
        let pem = Fleet(count: 1, secretByteCount: 1).members[0].privateKeyPEM
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/certtool")
        process.arguments = ["--key-info"]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(pem.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
