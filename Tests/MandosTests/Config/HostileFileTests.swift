import Testing

@testable import Mandos

private func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
}

private func parse(_ text: String) throws(ConfigErrors) -> INIFile {
    try INIFile(sensitive(text), name: "f")
}

struct HostileFileTests {
    @Test("lines of a megabyte are read or refused, and take no time to speak of")
    func longLines() throws {
        let long = repeated("x", 1 << 20)
        #expect(try parse("[\(long)]\n\(long) = \(long)\n").sections.count == 1)
        #expect(throws: ConfigErrors.self) { try parse("[a]\n\(long)") }
        let blanks = repeated(" ", 1 << 20)
        let file = try parse("[a]\nx =\(blanks)\n y\(blanks)\n" + repeated("\n", 1 << 20))
        let option = file.options(of: file.sections[0]).first!
        #expect(file.withValue(of: option) { $0.string } == "\ny")
    }

    @Test("a megabyte of line ends costs no more than a megabyte of anything else")
    func lineEnds() throws {
        for end in ["\r", "\n", "\r\n", " \r", "#\r"] {
            #expect(try parse("[a]" + end + repeated(end, 1 << 20) + "x=1").sections.count == 1)
        }
    }

    @Test("NUL bytes are text to the grammar")
    func nulBytes() throws {
        let file = try parse("[a\0]\nx\0 = 1\0\n")
        #expect(file.title(of: file.sections[0]) == "a\0")
        #expect(throws: ConfigErrors.self) { try parse(repeated("\0", 1 << 16)) }
    }

    @Test("twenty thousand sections, options or errors are no more than that")
    func manyOfAll() throws {
        let numbers = 0..<20_000
        #expect(try parse(numbers.map { "[\($0)]\nx=1\n" }.joined()).sections.count == 20_000)
        let file = try parse("[a]\n" + numbers.map { "\($0)=%(\(19_999 - $0))s\n" }.joined())
        #expect(file.options(of: file.sections[0]).count == 20_000)
        let error = #expect(throws: ConfigErrors.self) {
            try parse("[a]\n" + numbers.map { _ in "x\n" }.joined())
        }
        #expect(error?.errors.count == 20_000)
    }

    @Test("references that would fill the memory, or never end, are refused")
    func explosiveReferences() throws {
        func fault(_ text: String) throws -> InterpolationError? {
            let file = try parse(text)
            let scope = INIScope(
                file: file, section: file.sections[0], builtIn: BuiltInDefaults([]))
            let value = try #require(
                scope[INIScope.Key("a", in: file, builtIn: BuiltInDefaults([]))])
            return #expect(throws: InterpolationError.self) {
                try scope.withExpanded(value) { _ in }
            }
        }
        var wide = "[s]\na = \(repeated("%(b)s", 100))\n"
        for (name, next) in zip("bcde", "cdef") {
            wide += "\(name) = \(repeated("%(\(next))s", 100))\n"
        }
        #expect(try fault(wide + "f =\n")?.fault == .tooLarge)
        let megabyte = repeated("x", 1 << 19)
        #expect(try fault("[s]\na = %(b)s%(b)s%(b)s\nb = \(megabyte)\n")?.fault == .tooLarge)
        #expect(try fault("[s]\na = %(a)s\n")?.fault == .tooDeep)
    }
}
