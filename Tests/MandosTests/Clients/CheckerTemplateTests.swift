import ReactorSimulation
import Testing

@testable import Mandos

private func command(_ template: String) -> String {
    do throws(CheckerTemplateError) {
        return try CheckerTemplate(template).command { variable in
            switch variable {
            case .host: "a b"
            case .name: "it's"
            case .fingerprint: ""
            case .created: "None"
            case .objectPath: nil
            case .timeout: "1 day, 0:00:00"
            case .expires: "\0"
            default: variable.rawValue
            }
        }
    } catch { return "! " + error.problem }
}

private let clockTexts: [(Int64, Int64, String)] = [
    (0, 0, "0:00:00"), (59, 0, "0:00:59"), (3_661, 0, "1:01:01"), (86_399, 0, "23:59:59"),
    (86_400, 0, "1 day, 0:00:00"), (2 * 86_400 + 36_000, 0, "2 days, 10:00:00"),
    (0, 500_000, "0:00:00.500000"), (1, 1, "0:00:01.000001"), (86_400, 20, "1 day, 0:00:00.000020"),
    (-1, 0, "-1 day, 23:59:59"), (0, -1, "-1 day, 23:59:59.999999"),
]

struct CheckerTemplateTests {
    @Test(
        "3.5: a template becomes a command, with every value quoted",
        arguments: [
            ("", ""), ("fping -q -- %(host)s", "fping -q -- 'a b'"), ("100%%", "100%"),
            ("%%(host)s", "%(host)s"),
            ("%(name)s", #"'it'"'"'s'"#), ("%(fingerprint)s", "''"),
            ("%(created)s%(key_id)s", "Nonekey_id"),
            ("%(timeout)s", "'1 day, 0:00:00'"), ("é%(enabled)sé", "éenabledé"),
            ("a%", "! expected %% or %(name)s at byte 1"),
            ("é%d", "! expected %% or %(name)s at byte 2"),
            ("%s", "! expected %% or %(name)s at byte 0"),
            ("%(host", "! expected %% or %(name)s at byte 0"),
            ("%(timeout)d", "! expected an “s” after %(timeout)"),
            ("%(host)", "! expected an “s” after %(host)"),
            ("%(secret)s", "! no value of the name “secret”"),
            ("%()s", "! no value of the name “”"),
            ("%(Host)s", "! no value of the name “Host”"),
            ("%(dbus_object_path)s", "! no value of the name “dbus_object_path”"),
            ("a\0", "! a command cannot contain a NUL byte"),
            ("%(expires)s", "! a command cannot contain a NUL byte"),
        ] as [(String, String)])
    func templates(template: String, expected: String) { #expect(command(template) == expected) }

    @Test("3.5: every variable that the manual page names is one")
    func variables() {
        let names = [
            "approval_delay", "approval_duration", "created", "dbus_object_path", "enabled",
            "expires",
            "fingerprint", "host", "interval", "key_id", "last_approval_request", "last_checked_ok",
            "last_enabled", "name", "timeout",
        ]
        #expect(CheckerVariable.allCases.map(\.rawValue).sorted() == names)
    }

    @Test(
        "3.5: random values are quoted as shlex quotes them",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomQuoting() throws {
        var generator = SeededGenerator.fromEnvironment()
        let pieces = [
            "a", "Z", "0", "_", "@", "%", "+", "=", ":", ",", ".", "/", "-", "'", "''", "\"", "$",
            "`",
            "\\", "\n",
            " ", "*", "é", "\u{7F}", "\r\n", "e\u{301}", "~", "!", "#", "^", "{",
        ]
        let cases = (0..<20_000).map { index in
            index % 4 == 0
                ? generator.text(of: Array(pieces[0..<13]), countMax: 6)
                : generator.text(of: pieces, countMax: 6)
        }
        let script = """
            import shlex
            def answer(data): return shlex.quote(data.decode()).encode().hex()
            """
        for (text, expected) in zip(cases, try Python.answers(to: cases, script)) {
            let found = ShellQuoting.quoted(String(decoding: text, as: UTF8.self))
            try #require(Python.hex(found.utf8) == expected, "TEST_SEED=\(generator.seed): \(text)")
        }
    }

    @Test(
        "3.5: random templates mean what the percent operator makes of them",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomTemplates() throws {
        var generator = SeededGenerator.fromEnvironment()
        let pieces = [
            "%(host)s", "%(key_id)s", "%%", "%%", "(host)s", "x", " ", "%(nobody)s", "%", "é", ")",
        ]
        let cases = (0..<20_000).map { _ in generator.text(of: pieces, countMax: 5) }
        let script = """
            import re
            def answer(data):
                text = data.decode()
                # What comes after a lone percent sign may be one of Python's other conversions.
                rest = re.sub(r"%%|%\\\\((host|key_id)\\\\)s", "", text)
                if "%" in rest: return "error"
                return (text % {"host": "'a b'", "key_id": "key_id"}).encode().hex()
            """.replacing(#"\\"#, with: #"\"#)
        for (text, expected) in zip(cases, try Python.answers(to: cases, script)) {
            let found = command(String(decoding: text, as: UTF8.self))
            let answer = found.hasPrefix("!") ? "error" : Python.hex(found.utf8)
            try #require(
                answer == expected,
                "TEST_SEED=\(generator.seed): \(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test("3.5: spans in the form that checkers see", arguments: clockTexts)
    func spans(seconds: Int64, microseconds: Int64, text: String) {
        #expect((Duration.seconds(seconds) + .microseconds(microseconds)).clockText == text)
    }

    @Test(
        "3.5: random spans read like a timedelta",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomSpans() throws {
        var generator = SeededGenerator.fromEnvironment()
        let numbers = (0..<5_000).map { index in
            Int64.random(in: -10_000...10_000, using: &generator)
                * (index % 2 == 0 ? 86_400_000_000 : 97_654_321)
        }
        let script = """
            import datetime
            def answer(data): return str(datetime.timedelta(microseconds=int(data)))
            """
        let expected = try Python.answers(to: numbers.map { Array("\($0)".utf8) }, script)
        for (number, expected) in zip(numbers, expected) {
            try #require(
                Duration.microseconds(number).clockText == expected,
                "TEST_SEED=\(generator.seed): \(number)")
        }
    }
}
