import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// Hands out bytes in pieces, as a socket does.
private final class Pieces {
    private var rest: ArraySlice<UInt8>
    private var generator: SeededGenerator
    var hasEnded: Bool

    init(_ bytes: [UInt8], seed: UInt64 = 1, hasEnded: Bool = false) {
        rest = bytes[...]
        generator = SeededGenerator(seed: seed)
        self.hasEnded = hasEnded
    }

    func read(_ room: UnsafeMutableRawBufferPointer) -> Transfer {
        if rest.isEmpty { return hasEnded ? .endOfStream : .wouldBlock }
        if generator.next() % 4 == 0 { return .wouldBlock }
        let count = min(room.count, rest.count, Int(generator.next() % 7) + 1)
        room.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return .bytes(count)
    }

    var isEmpty: Bool { rest.isEmpty }
}

private func frame(_ kind: Frame.Kind, _ body: [UInt8]) -> [UInt8] {
    FrameHeader(kind, bodyCount: body.count).encoded + body
}

private func answer(_ writing: (AnswerWriter) -> Void) -> [UInt8] {
    final class Output { var bytes: [UInt8] = [] }
    let output = Output()
    let writer = AnswerWriter { span in
        span.withUnsafeBufferPointer { output.bytes += $0 }
        return true
    }
    writing(writer)
    return output.bytes
}

/// What the server makes of an answer; nil if it is none.
private func playedBack(_ answer: [UInt8], seed: UInt64 = 1) -> ConfigurationFiles? {
    let pieces = Pieces(answer, seed: seed, hasEnded: true)
    var receiver = FrameReceiver()
    var assembly = AnswerAssembly()
    while true {
        switch receiver.receive({ pieces.read($0) }) {
        case .wouldBlock: continue
        case .ended, .broken: return nil
        case .complete:
            switch assembly.take(receiver.takeFrame()) {
            case .incomplete: continue
            case .broken: return nil
            case .complete: return receiver.isIdle && pieces.isEmpty ? assembly.files : nil
            }
        }
    }
}

private func text(_ file: ConfigurationFile?) -> String? {
    guard let bytes = try? file?.take() else { return nil }
    return bytes.withSpan { $0.string }
}

@Suite("Frames") struct FrameTests {
    @Test("a frame arrives whole, however it is cut", arguments: 1...20)
    func pieces(seed: UInt64) {
        let body = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        let pieces = Pieces(frame(.contents, body) + frame(.end, []), seed: seed, hasEnded: true)
        var receiver = FrameReceiver()
        var kinds: [Frame.Kind] = []
        while true {
            let progress = receiver.receive { pieces.read($0) }
            if progress == .wouldBlock { continue }
            guard progress == .complete else {
                #expect(progress == .ended)
                break
            }
            let frame = receiver.takeFrame()
            kinds.append(frame.kind)
            let found = frame.body.withSpan { bytes(of: $0) }
            #expect(found == (frame.kind == .contents ? body : []))
        }
        #expect(kinds == [.contents, .end])
    }

    @Test(
        "what cannot begin a frame is refused before any of it is stored",
        arguments: [
            [0, 0, 0, 0, 0], [7, 0, 0, 0, 0], [1, 0, 0, 0, 1], [5, 0, 0, 0, 1],
            [4, 0, 0, 0x10, 10],
            [6, 0, 0, 0, 13],
            [2, 0, 0, 0x10, 2], [3, 0xff, 0xff, 0xff, 0xff], [3, 0x04, 0, 0, 1],
        ] as [[UInt8]])
    func badHeaders(header: [UInt8]) {
        #expect(FrameHeader(header.span) == nil)
        let pieces = Pieces(header)
        var receiver = FrameReceiver()
        var progress = FrameReceiver.Progress.wouldBlock
        while progress == .wouldBlock { progress = receiver.receive { pieces.read($0) } }
        #expect(progress == .broken)
    }

    @Test(
        "an error of a file arrives as it was",
        arguments: [
            FileError.system(code: 2), .system(code: 13), .notRegular, .tooLarge(bytesMax: 1 << 40),
            .madeByKernel, .refused(FileRefusal("/a", .owner(.max))),
            .refused(FileRefusal("/srv", .group(7))), .refused(FileRefusal("/ä/b", .everybody)),
            .refused(FileRefusal("/tmp/l", .shared)),
        ])
    func errors(error: FileError) { #expect(FileError(error.encoded.span) == error) }

    @Test(
        "what is no error is not taken for one",
        arguments: [
            [], [0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1],
            [3, 0, 0, 0, 0, 0, 0, 0, 1], [4, 0, 0, 0, 0, 0, 0, 0, 1],
            [6, 0, 0, 0, 0, 0, 0, 0, 1, 47], [4, 0, 0, 0, 1, 0, 0, 0, 0, 47],
            [1, 0, 0, 0, 0, 0, 0, 0, 0, 47],
            [2, 0x80, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0, 0], [0, 2],
        ] as [[UInt8]])
    func badErrors(bytes: [UInt8]) { #expect(FileError(bytes.span) == nil) }
}

@Suite("Answers of the reader") struct AnswerTests {
    private static let whole = answer { writer in
        writer.add(.settings, "mandos.conf", error: .system(code: 2))
        writer.add(.clients, "clients.conf", sensitive("[a]\n"))
        writer.add(.secret, "/s", sensitive("one"))
        writer.add(.secret, "/t", error: .notRegular)
        writer.add(.secret, "/s", sensitive("one"))
        writer.add(.moreClients, "clients.d/x.conf", SensitiveBytes())
        writer.end()
    }

    @Test("every file is given out once for each time it was asked for", arguments: 1...10)
    func playback(seed: UInt64) throws {
        let files = try #require(playedBack(Self.whole, seed: seed))
        #expect(throws: FileError.system(code: 2)) { _ = try files.settings?.take() }
        #expect(text(files.clients) == "[a]\n")
        #expect(files.moreClients.map(\.path) == ["clients.d/x.conf"])
        for _ in 1...2 {
            let secret = try files.read("/s")
            #expect(secret.withSpan { $0.string } == "one")
        }
        #expect(throws: FileError.notRegular) { _ = try files.read("/t") }
        for path in ["/s", "/t", "/u"] {
            #expect(throws: FileError.system(code: 5)) { _ = try files.read(path) }
        }
    }

    @Test("one that is cut anywhere is none")
    func cut() {
        for count in 0..<Self.whole.count {
            #expect(playedBack(Array(Self.whole.prefix(count))) == nil)
        }
    }

    static let settings = frame(.file, [1] + Array("m".utf8)) + frame(.contents, [])
    static let clients = frame(.file, [2] + Array("c".utf8)) + frame(.contents, [])
    static let malformed: [(String, [UInt8])] = [
        ("nothing", frame(.end, [])),
        ("no clients.conf", settings + frame(.end, [])),
        ("no mandos.conf", clients + frame(.end, [])),
        ("clients.conf twice", settings + clients + clients + frame(.end, [])),
        ("contents of no file", settings + clients + frame(.contents, [1]) + frame(.end, [])),
        ("a failure of no file", settings + frame(.failure, FileError.notRegular.encoded)),
        ("a file without contents", settings + clients + frame(.file, [4, 65]) + frame(.end, [])),
        ("two names", settings + frame(.file, [4, 65]) + frame(.file, [4, 66])),
        ("no such role", settings + frame(.file, [9, 65]) + frame(.contents, [])),
        ("no name", settings + frame(.file, [4]) + frame(.contents, [])),
        ("an error that is none", settings + frame(.file, [4, 65]) + frame(.failure, [7])),
        ("a request", settings + frame(.request, [])),
        ("bytes after the end", settings + clients + frame(.end, []) + [0]),
    ]

    @Test("what is no answer is refused", arguments: malformed)
    func refused(what: String, answer: [UInt8]) { #expect(playedBack(answer) == nil, "\(what)") }

    @Test("any change of a single byte does no harm")
    func changed() {
        for index in Self.whole.indices {
            var answer = Self.whole
            answer[index] ^= 0x41
            _ = playedBack(answer)
        }
    }

    @Test("more than the server holds at a time is refused by both sides")
    func tooMuch() {
        var assembly = AnswerAssembly()
        let large = [UInt8](repeating: 0, count: LinuxSecretFileReader.bytesMax)
        var progress = AnswerAssembly.Progress.incomplete
        var count = 0
        while case .incomplete = progress, count < 10 {
            let name = SensitiveBytes(copying: [4, 65])
            _ = assembly.take(Frame(kind: .file, body: name))
            progress = assembly.take(Frame(kind: .contents, body: SensitiveBytes(copying: large)))
            count += 1
        }
        #expect(progress == .broken)
        #expect(count == 4)

        final class Count { var total = 0 }
        let sent = Count()
        let writer = AnswerWriter { span in
            sent.total += span.count
            return true
        }
        let contents = SensitiveBytes(copying: large)
        for _ in 1...6 { writer.add(.secret, "/s", contents) }
        writer.end()
        #expect(sent.total > 3 * large.count && sent.total < AnswerAssembly.bytesMax)
    }
}
