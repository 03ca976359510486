import ReactorSimulation
import Testing

@testable import Mandos

/// What a file means, as a text that both parsers can produce.
private func meaning(of text: [UInt8]) -> String {
    guard let file = try? INIFile(SensitiveBytes(copying: text), name: "random") else {
        return "error"
    }
    func list(_ options: [INIFile.Option]) -> String {
        options.map { option in
            let name = file.name(of: option).map { Python.hex($0.utf8) } ?? "?"
            return name + "=" + file.withValue(of: option) { Python.hex(bytes(of: $0)) }
        }.sorted().joined(separator: ",")
    }
    var sections = ["DEFAULT:" + list(file.defaults)]
    for section in file.sections {
        let options = Array(file.options(of: section))
        sections.append(Python.hex(file.title(of: section).utf8) + ":" + list(options))
    }
    return sections.joined(separator: ";")
}

private let pythonMeaning = """
    import configparser, io
    def listed(options):
        return ",".join(sorted(
            k.encode().hex() + "=" + v.encode().hex() for k, v in options.items()))
    def answer(data):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        except (configparser.Error, UnicodeDecodeError):
            return "error"
        return ";".join(["DEFAULT:" + listed(parser._defaults)] + [
            n.encode().hex() + ":" + listed(o) for n, o in parser._sections.items()])
    """

private let pieces = [
    "\n", "\n", "\n", "\n", "\n  ", "\n\t", "\n[a]\n", "\n[DEFAULT]\n", "\n[b c]\n",
    "\nkey = value",
    "\nKEY: other", "\nx=", "\r\n", "\r", "[", "]", "=", ":", "#", ";", " ", "  ", "\t", "a", "B",
    "é",
    "\u{C5}", "\u{130}", "\u{A0}", "\u{2003}", "\u{3000}", "\u{85}", "\u{1C}", "\u{B}", "\u{C}",
    "\u{200B}",
    "\u{2028}", "😀", "\0", "%", "[]", "[]]", "# note", "\n; note\n", "\n   # note\n", "\u{FEFF}",
]

struct INIDifferentialTests {
    @Test(
        "random files mean what they mean to ConfigParser",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomFiles() throws {
        var generator = SeededGenerator.fromEnvironment()
        var cases: [[UInt8]] = []
        for index in 0..<30_000 {
            // Half of them start with a header, or most would be refused at once.
            let head = index % 2 == 0 ? Array("[s]\n".utf8) : []
            cases.append(head + generator.text(of: pieces, countMax: 24))
        }
        let expected = try Python.answers(to: cases, pythonMeaning)
        var accepted = 0
        for (text, expected) in zip(cases, expected) {
            let found = meaning(of: text)
            if found != "error" { accepted += 1 }
            try #require(
                found == expected,
                "TEST_SEED=\(generator.seed): \(String(decoding: text, as: UTF8.self).debugDescription)"
            )
        }
        #expect(accepted > cases.count / 20, "TEST_SEED=\(generator.seed)")
    }

    @Test(
        "bytes that are not UTF-8 are refused where Python refuses them",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomBytes() throws {
        var generator = SeededGenerator.fromEnvironment()
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
            0xE1,
            0xEC,
            0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        let cases = (0..<50_000).map { _ in
            (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                edges[Int.random(in: edges.indices, using: &generator)]
            }
        }
        let script = """
            def answer(data):
                try: data.decode("utf-8")
                except UnicodeDecodeError as e: return str(e.start)
                return "None"
            """
        for (bytes, expected) in zip(cases, try Python.answers(to: cases, script)) {
            let found = UTF8Check.firstInvalidByte(of: bytes.span)
            try #require(
                found.map(String.init) ?? "None" == expected,
                "TEST_SEED=\(generator.seed): \(bytes)")
        }
    }

    @Test(
        "the blanks of Unicode are those of Python",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func blanks() throws {
        let script = """
            def answer(data):
                points = [p for p in range(0x110000) if chr(p).isspace()]
                return ",".join(map(str, points))
            """
        let found = (0..<0x110000 as Range<UInt32>).filter { point in
            guard let scalar = Unicode.Scalar(point) else { return false }
            let text = Array(String(scalar).utf8)
            #expect(text.span.trimmed(0..<text.count).isEmpty == (text.span.blank(at: 0) != nil))
            return text.span.blank(at: 0) == text.count
        }
        #expect(
            found.map(String.init).joined(separator: ",")
                == (try Python.answers(to: [[]], script)[0]))
    }

    @Test(
        "references expand as ConfigParser expands them",
        .enabled(if: Python.isInstalled, Python.whySkipped))
    func randomReferences() throws {
        var generator = SeededGenerator.fromEnvironment()
        let pieces = [
            "%(a)s", "%(b)s", "%(C)s", "%(d)s", "%(none)s", "%%", "%%", "%", "%(", "%(a", "%(a)",
            "%()s", "%( a)s",
            "x", "y", " ", "(a)s", ")", "\n ", "\n\n ", "é",
        ]
        let cases = (0..<5_000).map { _ in
            var text = Array("[DEFAULT]\n".utf8)
            for name in ["a", "b", "c", "d", "\n[s]\na", "b", "e"] {
                // Short ones, or nearly all would be in error.
                text += Array("\(name) = ".utf8) + generator.text(of: pieces, countMax: 3) + [0x0A]
            }
            return text
        }
        let script = """
            import configparser, io
            def answer(data):
                parser = configparser.ConfigParser()
                parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
                values = []
                for name in "abcde":
                    try: values.append(parser.get("s", name).encode().hex())
                    except configparser.InterpolationError: values.append("error")
                return ",".join(values)
            """
        for (text, expected) in zip(cases, try Python.answers(to: cases, script)) {
            let file = try INIFile(SensitiveBytes(copying: text), name: "random")
            let none = BuiltInDefaults([])
            let scope = INIScope(file: file, section: file.sections[0], builtIn: none)
            let names: [StaticString] = ["a", "b", "c", "d", "e"]
            let values = names.map { name in
                guard let value = scope[INIScope.Key(name, in: file, builtIn: none)] else {
                    return ""
                }
                return (try? scope.withExpanded(value) { Python.hex(bytes(of: $0)) }) ?? "error"
            }
            try #require(
                values.joined(separator: ",") == expected,
                "TEST_SEED=\(generator.seed): \(String(decoding: text, as: UTF8.self))")
        }
    }
}
