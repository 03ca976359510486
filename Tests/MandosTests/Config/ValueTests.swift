import Testing

@testable import Mandos

private func duration(_ text: String) -> Duration? { DurationText.parse([UInt8](text.utf8).span) }
private let day: Int64 = 86_400

private let accepted: [(String, Int64)] = [
    ("PT5M", 300), ("P1DT3M20S", day + 200), ("P1Y", 364 * day), ("P1M", 28 * day),
    ("P1M2D", 30 * day), ("P1Y2M3DT4H5M6S", (364 + 56 + 3) * day + 14_706), ("PT0S", 0),
    ("P0D", 0),
    ("P1W", 7 * day), ("PT05M", 300), ("PT1H0M30S", 3_630), ("PT90M", 5_400), ("PT5M6S", 306),
    ("P1Y2M", 420 * day), ("P999999999DT23H59M59S", 999_999_999 * day + day - 1),
    ("", 0), ("5m 30s", 330), ("1d", day), ("2w\t1h\n1s", 14 * day + 3_601), ("1h -5m", 3_300),
    ("+5m", 300), ("1_0s", 10), ("-0s", 0), ("5m\u{A0}1s", 301), (" 5m ", 300),
]

private func expanded(_ text: String) -> String {
    do throws(ConfigErrors) {
        let file = try INIFile(sensitive(text), name: "f")
        let builtIn = BuiltInDefaults([("base", "built-in"), ("twice", "%(base)s")])
        let scope = INIScope(file: file, section: file.sections.last, builtIn: builtIn)
        guard let value = scope[INIScope.Key("x", in: file, builtIn: builtIn)] else {
            return "none"
        }
        do throws(InterpolationError) {
            return try scope.withExpanded(value) { $0.string }
        } catch {
            return "\(error.offset): \(error.problem)"
        }
    } catch { return "refused" }
}

struct ValueTests {
    @Test("3.4: durations of RFC 3339, and of the older form", arguments: accepted)
    func durations(text: String, seconds: Int64) { #expect(duration(text) == .seconds(seconds)) }

    @Test(
        "3.4: what is no duration, is negative, or is longer than Python's",
        arguments: [
            "P", "PT", "P1DT", "P1Y3D", "P1YT1H", "P1MT1H", "PT1H30S", "P1WT1H", "P2W2H", "P1W2W",
            "P1W1D",
            "PT1.5S", "pt5m", " PT5M", "PT5M ", "P-1D", "P+1D", "PT1S1M", "P1", "PT5", "P1H",
            "PT1D",
            "PW",
            "PTM", "P1D2", "P1DT1D", "PT1M1M", "TP1D", "5", "5x", "5m30s", "10 s", "1D", "m",
            "- 5m",
            "-5m",
            "1s -2s", "1__0s", "1.5h", "P1000000000D", "P999999999DT24H", "1000000000d",
            "PT99999999999999999999999999S", "99999999999999999999999999s", "P99999999999999999Y",
            "9223372036854775807w", "-9223372036854775808w",
        ])
    func notDurations(text: String) { #expect(duration(text) == nil) }

    @Test("2.2, 3.2: booleans in any case, and nothing else")
    func booleans() {
        for (words, value) in [
            (["1", "yes", "true", "on", "YES", "True", "oN"], true),
            (["0", "no", "false", "off", "NO", "False", "oFF"], false),
            (["", "2", "y", "n", "yess", "t", " yes", "ja", "\0", "01"], nil),
        ] {
            for word in words {
                #expect(BooleanText.parse([UInt8](word.utf8).span) == value, "\(word)")
            }
        }
    }

    @Test(
        "3.1: references are looked up in the section, in DEFAULT, and in the built-in values",
        arguments: [
            ("[s]\nx = 100%%", "100%"), ("[s]\nx = %(y)s-%(Y)s\ny = 1", "1-1"),
            ("[s]\nx = %%(y)s", "%(y)s"),
            ("[DEFAULT]\ny = d\n[s]\nx = %(y)s", "d"),
            ("[DEFAULT]\ny = d\n[s]\nx = %(y)s\ny = s", "s"),
            ("[DEFAULT]\nx = %(y)s\n[s]\ny = s", "s"),
            ("[t]\nq = 0\np = 0\n[DEFAULT]\np = 1\nq = 2\n[s]\nx = %(p)s%(q)s", "12"),
            ("[s]\nx = %(base)s", "built-in"),
            ("[s]\nx = %(twice)s", "built-in"), ("[DEFAULT]\nbase = d\n[s]\nx = %(twice)s", "d"),
            ("[s]\nx = %(y)s\ny = %%(z)s", "%(z)s"), ("[s]\nx = a%(y)s\ny =\n  b\n  c", "a\nb\nc"),
            ("[s]\nx = %", "0: expected %% or %(name)s after a %"),
            ("[s]\nx = a %b", "2: expected %% or %(name)s after a %"),
            ("[s]\nx = %(y)\ny = 1", "0: expected %% or %(name)s after a %"),
            ("[s]\nx = %()s", "0: expected %% or %(name)s after a %"),
            ("[s]\nx = ab%(y)s", "2: no option “y” to put in the place of %(y)s"),
            ("[s]\nx = ab%(y)s\ny = 1%(z)s", "2: no option “z” to put in the place of %(z)s"),
            ("[s]\nx = %(secret/64+)s", "0: no option of the name in %(…)s"),
            ("[s]\nx = %(x)s", "0: references are nested more than 10 levels deep"),
        ])
    func references(text: String, expected: String) { #expect(expanded(text) == expected) }

    @Test("3.1: ten levels of references are allowed, the text being the first")
    func depth() {
        func chain(_ levels: Int, _ end: String) -> String {
            var text = "[s]\nx = %(y1)s\n"
            for level in 1..<levels { text += "y\(level) = %(y\(level + 1))s\n" }
            return expanded(text + "y\(levels) = \(end)\n")
        }
        #expect(chain(9, "%%") == "%")
        #expect(chain(10, "end") == "end")
        #expect(chain(10, "%%").hasSuffix("deep"))
        #expect(chain(11, "end").hasSuffix("deep"))
    }

    @Test("a message quotes only the start of the first line, and no control character")
    func quotations() {
        func quoted(_ text: String) -> String { Quotation.quoted([UInt8](text.utf8).span) }
        #expect(quoted("a\u{1B}b") == "“a\\u{1b}b”")
        #expect(quoted("one\ntwo") == "“one…”")
        #expect(
            quoted(String(repeating: "é", count: 17)) == "“\(String(repeating: "é", count: 16))…”")
        #expect(
            quoted("x" + String(repeating: "é", count: 16))
                == "“x\(String(repeating: "é", count: 15))…”")
    }
}
