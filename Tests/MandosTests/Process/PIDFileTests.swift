import CShims.Linux
import Foundation
import Reactor
import Testing

@testable import Mandos

@Suite("The PID file") final class PIDFileTests {
    private let directory: String
    private let path: String

    init() throws {
        directory = NSTemporaryDirectory() + "/mandos-pid-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        path = directory + "/mandos.pid"
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private var content: String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private func overwrite(_ text: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: 0)
        file.write(Data(text.utf8))
    }

    @Test("holds the number in decimal and a line feed, for everybody to read, and is removed")
    func life() throws {
        var file = PIDFile(path, id: 4711)
        try file.write()
        #expect(content == "4711\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o644)
        file.removeIfOurs()
        #expect(content == nil)
    }

    @Test(
        "of a dead server is replaced, however long it was", arguments: ["", "1\n", "123456789\n"])
    func stale(old: String) throws {
        try old.write(toFile: path, atomically: false, encoding: .utf8)
        var file = PIDFile(path, id: 4711)
        try file.write()
        #expect(content == "4711\n")
        file.removeIfOurs()
        #expect(content == nil)
    }

    @Test("of another server is not removed, whoever started first")
    func other() throws {
        var first = PIDFile(path, id: 1)
        var second = PIDFile(path, id: 2)
        try first.write()
        try second.write()
        first.removeIfOurs()
        #expect(content == "2\n")
        second.removeIfOurs()
        #expect(content == nil)
    }

    @Test("is left alone if it has another content, or is another file of the same content")
    func changed() throws {
        var file = PIDFile(path, id: 4711)
        try file.write()
        try overwrite("4712\n")
        file.removeIfOurs()
        #expect(content == "4712\n")
        // Kept open under another name, or else the new file could get the same inode.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        try "4711\n".write(toFile: path, atomically: false, encoding: .utf8)
        file.removeIfOurs()
        #expect(content == "4711\n")
    }

    @Test("that was never written is not removed")
    func neverWritten() throws {
        try "4711\n".write(toFile: path, atomically: false, encoding: .utf8)
        PIDFile(path, id: 4711).removeIfOurs()
        #expect(content == "4711\n")
    }

    @Test("does not follow a symbolic link, but takes its place")
    func link() throws {
        let target = directory + "/target"
        try "precious".write(toFile: target, atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        var file = PIDFile(path, id: 4711)
        try file.write()
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
        #expect(content == "4711\n")
    }

    @Test("of another owner is replaced", .enabled(if: geteuid() == 0, "needs root"))
    func otherOwner() throws {
        try "1\n".write(toFile: path, atomically: false, encoding: .utf8)
        try #require(chown(path, 12345, 12345) == 0 && chmod(path, 0o666) == 0)
        var file = PIDFile(path, id: 4711)
        try file.write()
        #expect(content == "4711\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.ownerAccountID] as? Int == 0)
        #expect(attributes[.posixPermissions] as? Int == 0o644)
    }

    @Test("that somebody has locked is written all the same")
    func locked() throws {
        try "1\n".write(toFile: path, atomically: false, encoding: .utf8)
        let holder = open(path, O_RDONLY)
        defer { close(holder) }
        #expect(flock(holder, LOCK_EX) == 0)
        var file = PIDFile(path, id: 4711)
        try file.write()
        #expect(content == "4711\n")
    }

    @Test("that cannot be written says why")
    func refused() throws {
        var file = PIDFile(directory + "/missing/mandos.pid", id: 1)
        let error = #expect(throws: SystemError.self) { try file.write() }
        #expect(error?.reason == "No such file or directory")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        file = PIDFile(path, id: 1)
        #expect(throws: SystemError.self) { try file.write() }
    }
}
