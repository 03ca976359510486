import CShims.Linux
import Reactor
import Testing

@testable import Mandos

struct TerminalSinkTests {
    @Test("a line has the local time, the program, its process, the level and the text")
    func form() throws {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let output = Descriptor(adopting: ends[1])
        let input = Descriptor(adopting: ends[0])
        TerminalSink(program: "mandos", descriptor: output.raw).write(.warning, "text")
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(input.raw, &bytes, bytes.count)
        let line = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        let form = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} mandos \[(\d+)\]: WARNING: text\n/
        let match = try #require(try form.wholeMatch(in: line), "\(line)")
        #expect(match.1 == "\(getpid())")
    }

    @Test("times are padded with zeros")
    func time() {
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (126, 0, 2)
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (3, 4, 5)
        #expect(TerminalSink.text(of: fields, milliseconds: 6) == "2026-01-02 03:04:05,006")
        (fields.tm_mon, fields.tm_mday, fields.tm_hour) = (11, 31, 23)
        #expect(TerminalSink.text(of: fields, milliseconds: 999) == "2026-12-31 23:04:05,999")
    }

    @Test("a closed terminal does no harm")
    func closed() {
        TerminalSink(program: "mandos", descriptor: -1).write(.info, "text")
    }
}
