import Testing

@testable import Mandos

struct LogTests {
    @Test("a log writes its threshold and worse, to every sink", arguments: LogLevel.allCases)
    func threshold(_ threshold: LogLevel) {
        let sinks = [RecordingSink(), RecordingSink()]
        let log = Log(threshold: threshold, sinks: sinks)
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")
        log.critical("e")
        let all = ["DEBUG: a", "INFO: b", "WARNING: c", "ERROR: d", "CRITICAL: e"]
        for sink in sinks { #expect(sink.lines == Array(all.dropFirst(Int(threshold.rawValue)))) }
    }

    @Test("a line that is not written is not made")
    func silence() {
        let log = Log(threshold: .warning, sinks: [RecordingSink()])
        var count = 0
        func text() -> String {
            count += 1
            return ""
        }
        log.info(text())
        #expect(count == 0)
        log.warning(text())
        #expect(count == 1)
    }

    @Test("what a peer sends cannot become a line of its own")
    func forgery() {
        let sink = RecordingSink()
        Log(threshold: .info, sinks: [sink]).info("hello\nMandos [1]: INFO: secret sent")
        #expect(sink.lines == ["INFO: hello\\nMandos [1]: INFO: secret sent"])
    }

    static let texts: [(String, String)] = [
        ("", ""), ("plain ~", "plain ~"), ("back\\slash", "back\\slash"),
        ("Ålborg 東京 👍", "Ålborg 東京 👍"),
        ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"), ("\u{0}\u{1b}[2J\u{7f}", "\\x00\\x1b[2J\\x7f"),
        ("\u{80}\u{85}\u{9b}\u{a0}", "\\x80\\x85\\x9b\u{a0}"),
        ("\u{2028}\u{2029}", "\\u2028\\u2029"),
        ("\u{202e}\u{2066}\u{2069}\u{200f}\u{61c}", "\\u202e\\u2066\\u2069\\u200f\\u061c"),
        ("e\u{301}\u{1}", "e\u{301}\\x01"), ("\u{2010}\u{202f}", "\u{2010}\u{202f}"),
    ]

    @Test("control characters are escaped, other text stays as it is", arguments: texts)
    func sanitising(_ text: String, _ expected: String) {
        #expect(Array(LogText.sanitized(text).utf8) == Array(expected.utf8))
    }

    @Test("a long text is cut between characters, and shows that it was")
    func length() {
        let longest = String(repeating: "x", count: LogText.bytesMax)
        #expect(LogText.sanitized(longest) == longest)
        #expect(LogText.sanitized(longest + "x") == longest.dropLast(3) + "…")
        for character in ["x", "é", "東", "👍", "\n", "\u{1}", "\u{202e}"] {
            for count in [1, LogText.bytesMax / 2, LogText.bytesMax, 3 * LogText.bytesMax] {
                let text = LogText.sanitized(String(repeating: character, count: count))
                #expect(text.utf8.count <= LogText.bytesMax)
                #expect(!text.contains("\u{fffd}"))
                let room = LogText.bytesMax - text.utf8.count
                #expect(
                    text.hasSuffix("…")
                        ? room < 6 : count * character.utf8.count <= LogText.bytesMax)
            }
        }
    }
}
