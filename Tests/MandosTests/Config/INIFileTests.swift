import Testing

@testable import Mandos

/// `[section] key=value` for every option, in the order of the sections; the errors otherwise.
private func listing(_ text: String) -> [String] {
    do throws(ConfigErrors) {
        let file = try INIFile(sensitive(text), name: "f")
        func lines(_ title: String, _ options: some Sequence<INIFile.Option>) -> [String] {
            options.sorted { $0.line < $1.line }.map { option in
                let name = String(decoding: file.name(of: option)?.utf8 ?? [], as: UTF8.self)
                return "[\(title)] \(name)=" + file.withValue(of: option) { $0.string }
            }
        }
        return file.sections.reduce(into: lines("DEFAULT", file.defaults)) {
            $0.append("[\(file.title(of: $1))]")
            $0 += lines(file.title(of: $1), file.options(of: $1))
        }
    } catch {
        return error.errors.map(\.text)
    }
}

struct GrammarRow: Sendable {
    let rule: String
    let text: String
    let listing: [String]

    init(_ rule: String, _ text: String, _ listing: [String]) {
        self.rule = rule
        self.text = text
        self.listing = listing
    }

    static let accepted = [
        GrammarRow("an empty file", "", []),
        GrammarRow("CR LF", "[a]\r\nx = 1\r\n y\r\n", ["[a]", "[a] x=1\ny"]),
        GrammarRow("a lone CR ends a line", "[a]\rx = 1\ry = 2", ["[a]", "[a] x=1", "[a] y=2"]),
        GrammarRow("no line end at the end", "[a]\nx = 1", ["[a]", "[a] x=1"]),
        GrammarRow("comments", "# x\n  ; y\n[a]\n# x = 1\n", ["[a]"]),
        GrammarRow("no comment after a value", "[a]\nport = 1 ; x", ["[a]", "[a] port=1 ; x"]),
        GrammarRow("a value may start like a comment", "[a]\nx = # y", ["[a]", "[a] x=# y"]),
        GrammarRow("text after the header", "[foo] junk\n", ["[foo]"]),
        GrammarRow("up to the last bracket", "[a]b]\n[c]=d]e", ["[a]b]", "[c]=d]"]),
        GrammarRow("a bracket as name", "[]]\n", ["[]]"]),
        GrammarRow("case of sections", "[a]\n[A]\n", ["[a]", "[A]"]),
        GrammarRow("a blank inside a header stays", "[ a ]", ["[ a ]"]),
        GrammarRow("both delimiters", "[a]\nx: 1=2\ny = 3:4", ["[a]", "[a] x=1=2", "[a] y=3:4"]),
        GrammarRow("keys in lower case", "[a]\n  Key Two\t= 1", ["[a]", "[a] key two=1"]),
        GrammarRow("letters beyond ASCII", "[a]\nÅÄ = 1", ["[a]", "[a] åä=1"]),
        GrammarRow("empty values", "[a]\nx =\ny:", ["[a]", "[a] x=", "[a] y="]),
        GrammarRow("continuation", "[a]\nx = 1\n 2\n   3", ["[a]", "[a] x=1\n2\n3"]),
        GrammarRow(
            "a value that starts below", "[a]\nsecret =\n  Q\n  U", ["[a]", "[a] secret=\nQ\nU"]),
        GrammarRow("an empty line within", "[a]\nx = 1\n\n 2\n\n", ["[a]", "[a] x=1\n\n2"]),
        GrammarRow("a comment within", "[a]\nx = 1\n # no\n; no\n 2", ["[a]", "[a] x=1\n2"]),
        GrammarRow(
            "an indented file", " [a]\n x = 1\n  2\n y = 3", ["[a]", "[a] x=1\n2", "[a] y=3"]),
        GrammarRow(
            "less indented than the option", "[a]\n  x = 1\n y = 2", ["[a]", "[a] x=1", "[a] y=2"]),
        GrammarRow(
            "a header ends the option", "[a]\nx = 1\n[b]\n y = 2",
            ["[a]", "[a] x=1", "[b]", "[b] y=2"]),
        GrammarRow("a header deeper than an option", "[a]\nx = 1\n [b]", ["[a]", "[a] x=1\n[b]"]),
        GrammarRow("tabs count as one", "[a]\n  x = 1\n\ty = 2", ["[a]", "[a] x=1", "[a] y=2"]),
        GrammarRow(
            "DEFAULT twice", "[DEFAULT]\nx = 1\n[a]\n[DEFAULT]\ny = 2",
            ["[DEFAULT] x=1", "[DEFAULT] y=2", "[a]"]),
        GrammarRow("default is not special", "[default]\nx = 1", ["[default]", "[default] x=1"]),
        GrammarRow(
            "same name as in DEFAULT", "[DEFAULT]\nx = 1\n[a]\nx = 2",
            ["[DEFAULT] x=1", "[a]", "[a] x=2"]),
    ]

    static let refused = [
        GrammarRow(
            "no header", "x = 1\ny\n[a]\n", ["f:1: expected a section header such as [DEFAULT]"]),
        GrammarRow("an empty header", "[a]\n[]", ["f:2: [a]: expected “option = value”"]),
        GrammarRow(
            "a header that is not closed", "[a]\n[b",
            ["f:2: [a]: expected a section header such as [name], found no “]”"]),
        GrammarRow("no delimiter", "[a]\nx\n more\ny = 1", ["f:2: [a]: expected “option = value”"]),
        GrammarRow(
            "no key", "[a]\n= 1\n more",
            ["f:2: [a]: expected the name of an option before the delimiter"]),
        GrammarRow(
            "an option twice", "[a]\nx = 1\n[b]\nx = 1\nX: 2\n y",
            ["f:5: [b] x: option repeated from line 4"]),
        GrammarRow(
            "an option of DEFAULT twice", "[DEFAULT]\nx = 1\n[a]\n[DEFAULT]\nx = 1",
            ["f:5: [DEFAULT] x: option repeated from line 2"]),
        GrammarRow(
            "a section twice", "[a]\n[b]\n[a]\nx = 1", ["f:3: [a]: section repeated from line 1"]),
        GrammarRow(
            "a section three times", "[a]\n[a]\n[a]",
            ["f:2: [a]: section repeated from line 1", "f:3: [a]: section repeated from line 1"]),
        GrammarRow(
            "a byte-order mark", "\u{FEFF}[a]\n", ["f:1: expected text, found a byte-order mark"]),
        GrammarRow(
            "all errors at once", "[a]\nx\n[a]\ny = 1\ny = 2\nz",
            [
                "f:2: [a]: expected “option = value”", "f:3: [a]: section repeated from line 1",
                "f:5: [a] y: option repeated from line 4", "f:6: [a]: expected “option = value”",
            ]),
        GrammarRow(
            "a control character in a name", "[a\u{1B}]\nx",
            ["f:2: [a\\u{1b}]: expected “option = value”"]),
    ]
}

struct INIFileTests {
    @Test("the grammar accepts what ConfigParser accepts", arguments: GrammarRow.accepted)
    func accepted(row: GrammarRow) { #expect(listing(row.text) == row.listing) }

    @Test("a file in error says all that is wrong, and where", arguments: GrammarRow.refused)
    func refused(row: GrammarRow) { #expect(listing(row.text) == row.listing) }

    @Test("bytes that are not UTF-8 are one error, with its line")
    func notUTF8() throws {
        let text = Array("[a]\nx = 1\ny = ".utf8) + [0xC3, 0x28, 0x0A, 0xFF]
        let error = #expect(throws: ConfigErrors.self) {
            try INIFile(SensitiveBytes(copying: text), name: "f")
        }
        #expect(error?.errors.map(\.text) == ["f:3: expected UTF-8, found another byte"])
    }

    @Test("no message repeats a line that may belong to a secret")
    func secretLines() {
        let secret = "hQIMA0000secretsecretsecretsecretsecretsecretsecretsecret"
        for text in [
            "[a]\n\(secret)", "\(secret)\n", "[a]\n\(secret)==\n\(secret)==",
            "[a]\nHQiM/1==\nhqim/1==",
            "[a]\nhQIMabcdefghijklmnopqrstuvwxyz=\nhQIMabcdefghijklmnopqrstuvwxyz=",
        ] {
            let messages = listing(text).joined().lowercased()
            #expect(messages.contains("f:") && !messages.contains("hqim"))
        }
    }

    @Test("an error in a value of many lines names its line, whatever comments stand between")
    func lineOfOffset() throws {
        let file = try INIFile(
            sensitive("[a]\nx = one\n # note\n\n  two\n ; note\n three\n"), name: "f")
        let option = file.options(of: file.sections[0]).first!
        #expect(file.withValue(of: option) { $0.string } == "one\n\ntwo\nthree")
        let lines = [0, 3, 4, 5, 8, 9, 13].map { file.line(ofOffset: $0, in: option) }
        #expect(lines == [2, 2, 4, 5, 5, 7, 7])
    }

    @Test("a value that starts like a comment has a first line all the same")
    func lineOfOffsetAfterSharp() throws {
        let file = try INIFile(sensitive("[a]\nx = #one\n two\n"), name: "f")
        let option = try #require(file.options(of: file.sections[0]).first)
        #expect([0, 4, 5].map { file.line(ofOffset: $0, in: option) } == [2, 2, 3])
    }
}
