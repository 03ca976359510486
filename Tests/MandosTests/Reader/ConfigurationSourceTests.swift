import Foundation
import Testing

@testable import Mandos
@testable import Reactor

@Suite("What the reader tells") struct ConfigurationSourceTests {
    private func told(_ files: FakeFiles, variables: [String: String] = [:]) -> [String] {
        final class Output { var bytes: [UInt8] = [] }
        let output = Output()
        let source = ConfigurationSource(
            directory: "/nowhere-of-mandos", files: files,
            lookup: FakeLookup(variables: variables))
        source.answer(
            to: AnswerWriter { span in
                span.withUnsafeBufferPointer { output.bytes += $0 }
                return true
            })
        return lines(output.bytes)
    }

    /// Role and path of each file, with `!` where it cannot be read.
    private func lines(_ answer: [UInt8]) -> [String] {
        var lines: [String] = []
        var rest = answer[...]
        while rest.count >= FrameHeader.count {
            guard let header = FrameHeader(Array(rest.prefix(FrameHeader.count)).span) else {
                break
            }
            let body = rest.dropFirst(FrameHeader.count).prefix(header.bodyCount)
            switch header.kind {
            case .file:
                lines.append("\(body.first!) " + String(decoding: body.dropFirst(), as: UTF8.self))
            case .failure: lines[lines.count - 1] += " !"
            case .contents, .attributes, .request: break
            case .end: lines.append("end")
            }
            rest = rest.dropFirst(FrameHeader.count + header.bodyCount)
        }
        return lines
    }

    private static let clients = "/nowhere-of-mandos/clients.conf"
    private static let start = ["1 /nowhere-of-mandos/mandos.conf !", "2 \(clients)"]

    @Test("is every secfile as clients.conf means it, each time it is named")
    func secrets() {
        let files = FakeFiles([
            Self.clients: """
            [DEFAULT]
            SecFile = $DIR/%(file)s
            file = common
            [a]
            [b]
            file = own
            [c]
            secret = aaaa
            [d]
            """,
            "/s/common": "1", "/s/own": "2",
        ])
        #expect(
            told(files, variables: ["DIR": "/s"])
                == Self.start + ["4 /s/common", "4 /s/own", "4 /s/common", "end"])
    }

    @Test("is also which files cannot be read")
    func unreadable() {
        let files = FakeFiles([
            Self.clients: "[a]\nsecfile = /gone\n[b]\nsecfile = /there", "/there": "",
        ])
        #expect(told(files) == Self.start + ["4 /gone !", "4 /there", "end"])
        #expect(told(FakeFiles()) == [Self.start[0], Self.start[1] + " !", "end"])
    }

    @Test("is the text alone where it has errors, which the server has to find")
    func errors() {
        let files = FakeFiles([Self.clients: "secfile = /s\n"])
        #expect(told(files) == Self.start + ["end"])
        #expect(files.asked.count == 2)
    }

    @Test(
        "is without secrets if the word does not occur",
        arguments: [
            ("secfile", true), ("[a]\nSECFILE=x", true), ("xSeCfIlEx", true), ("secfil", false),
            ("", false), ("sec file", false), ("[a]\nsecret = secfil", false),
        ])
    func word(text: String, isThere: Bool) {
        #expect(ConfigurationSource.namesSecrets(Array(text.utf8).span) == isThere)
    }

    @Test("is the files of clients.d in the order of their names")
    func moreClients() throws {
        let directory = NSTemporaryDirectory() + "/mandos-\(UUID().uuidString)"
        let more = directory + "/clients.d"
        try FileManager.default.createDirectory(atPath: more, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for name in ["b.conf", "a.conf", ".hidden.conf", "B.conf", "a.conf~", ".conf", "ä.conf"] {
            try "".write(toFile: "\(more)/\(name)", atomically: false, encoding: .utf8)
        }
        let listing = try Descriptor(adopting: retrying("open") { open(more, O_RDONLY) })
        let names = try DirectoryListing.names(in: listing, endingIn: ".conf")
        #expect(names == ["B.conf", "a.conf", "b.conf", "ä.conf"])
        let file = try Descriptor(
            adopting: retrying("open") { open(more + "/a.conf", O_RDONLY) })
        #expect(throws: FileError.system(code: 20)) {
            _ = try DirectoryListing.names(in: file, endingIn: ".conf")
        }
    }
}
