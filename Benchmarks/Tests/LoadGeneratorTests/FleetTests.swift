import Foundation
import Testing

@testable import LoadGenerator

@Suite("Fleets")
struct FleetTests {
    private func inDirectory(_ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }

    @Test("what was written is read again", arguments: [0, 1, 300, 5000])
    func roundTrip(_ size: Int) throws {
        try inDirectory { directory in
            let fleet = Fleet(count: 3, secretByteCount: size)
            try fleet.write(to: directory, defaults: ["checker = :"])
            let read = try Fleet(directory: directory)
            #expect(read.members.map(\.name) == ["machine1", "machine2", "machine3"])
            #expect(read.members.map(\.keyID) == fleet.members.map(\.keyID))
            #expect(read.members.map(\.secret) == fleet.members.map(\.secret))
            #expect(read.members.allSatisfy { $0.secret.count == size })
        }
    }

    @Test("its files are for their owner only, and replace nothing")
    func permissions() throws {
        try inDirectory { directory in
            let fleet = Fleet(count: 1, secretByteCount: 10)
            try fleet.write(to: directory, defaults: [])
            for name in ["machines", "clients.conf"] {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: directory + "/" + name)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
            #expect(throws: LoadError.self) { try fleet.write(to: directory, defaults: []) }
        }
    }

    @Test(
        "a damaged file is refused, with the line",
        arguments: ["machine1 00 00 5", "machine1", "# nothing else", "machine1 x y z"])
    func damaged(_ line: String) throws {
        try inDirectory { directory in
            try "\(line)\n".write(
                toFile: directory + "/machines", atomically: true, encoding: .utf8)
            #expect(throws: LoadError.self) { try Fleet(directory: directory) }
        }
    }
}
