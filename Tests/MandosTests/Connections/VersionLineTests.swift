import Testing

@testable import Mandos

@Suite("Version line") struct VersionLineTests {
    private func outcome(_ chunks: [String], isEnded: Bool = false) -> VersionLine.Outcome {
        var line = VersionLine(bytesMax: 256)
        for chunk in chunks {
            let outcome = line.receive(Array(chunk.utf8).span)
            if outcome != .incomplete { return outcome }
        }
        return isEnded ? line.end() : .incomplete
    }

    @Test(
        "a version up to 1 is accepted, with blanks before and anything after",
        arguments: [
            "1\r\n", "1\n", "  1\n", "\t1 \r\n", "0\n", "-5\n", "1 anything\r\n", "+1\n", "01\n",
            "1\rx", "1\n more", "1 \u{fffd}\n",
        ])
    func accepted(line: String) {
        #expect(outcome([line]) == .accepted)
        #expect(outcome(line.unicodeScalars.map { String($0) }) == .accepted)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "2\r\n", "\n", "\r\n", "one\n", "1.0\n", "1x\n", "99999999999999999999\n", "- 1\n",
        ])
    func refused(line: String) {
        guard case .refused = outcome([line]) else {
            Issue.record("\(outcome([line]))")
            return
        }
    }

    @Test("the end of the stream ends the line too")
    func ended() {
        #expect(outcome(["1"], isEnded: true) == .accepted)
        #expect(outcome(["1\r"]) == .incomplete)
        #expect(outcome(["1\r"], isEnded: true) == .accepted)
        #expect(outcome([], isEnded: true) == .refused("expected a number, found “”"))
    }

    @Test("a line of 256 bytes, line end included, is read, a longer one refused")
    func limit() {
        let blanks = String(repeating: " ", count: 254)
        #expect(outcome([blanks + "1\n"]) == .accepted)
        #expect(outcome([blanks + " 1\n"]) == .refused("the line is longer than 256 bytes"))
        #expect(outcome([blanks + "  "]) == .incomplete)
        #expect(outcome([blanks + "   "]) == .refused("the line is longer than 256 bytes"))
    }

    @Test("no raw byte of a refused line gets into the log")
    func shown() {
        #expect(
            outcome(["a\u{1b}[2J\u{7f}\n"])
                == .refused("expected a number, found “a?[2J?”"))
    }
}
