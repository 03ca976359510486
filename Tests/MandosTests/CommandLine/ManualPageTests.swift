import Foundation
import Testing

@testable import Mandos

/// What mandos(8) says, compared with the option table.
struct ManualPageTests {
    static func text(_ path: String) -> String {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4)
        let file = root.joined(separator: "/") + "/" + path
        return (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    }

    /// The `.It` lines of the OPTIONS section, such as `Fl p , Fl -port Ar PORT`.
    static var items: [String] {
        let lines = text("man/mandos.8").split(separator: "\n").map(String.init)
        guard let start = lines.firstIndex(of: ".Sh OPTIONS") else { return [] }
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix(".Sh") }
        return section.filter { $0.hasPrefix(".It Fl") }.map { String($0.dropFirst(4)) }
    }

    static func item(_ entry: OptionEntry) -> String {
        var text = entry.shortForm.map { "Fl \($0.dropFirst()) , " } ?? ""
        text += "Fl -\(entry.long)"
        if let placeholder = entry.placeholder { text += " Ar \(placeholder)" }
        return text
    }

    @Test("mandos(8) describes exactly the options there are, in their order")
    func options() {
        #expect(Self.items == OptionTable.entries.map(Self.item))
    }

    /// The keys that the SETTINGS section of a page describes, at the outermost level of its lists.
    static func keys(_ page: String) -> [String] {
        var depth = 0
        var keys: [String] = []
        let lines = text(page).split(separator: "\n").map(String.init)
        guard let start = lines.firstIndex(of: ".Sh SETTINGS") else { return [] }
        for line in lines[(start + 1)...].prefix(while: { !$0.hasPrefix(".Sh") }) {
            if line.hasPrefix(".Bl") { depth += 1 }
            if line.hasPrefix(".El") { depth -= 1 }
            if depth == 1, line.hasPrefix(".It Cm ") { keys.append(String(line.dropFirst(7))) }
        }
        return keys
    }

    @Test("mandos.conf(5) describes exactly the keys there are")
    func serverKeys() {
        #expect(Self.keys("man/mandos.conf.5").sorted() == ServerSettings.keyNames.sorted())
    }

    @Test("mandos-clients.conf(5) describes exactly the keys there are")
    func clientKeys() {
        #expect(Self.keys("man/mandos-clients.conf.5").sorted() == ClientKeys.names.sorted())
    }

    /// The string literals that a source passes to the function or subscript `use`.
    static func literals(_ path: String, _ use: String) -> [String] {
        text(path).components(separatedBy: use + "\"").dropFirst().map {
            String($0.prefix { $0 != "\"" })
        }
    }

    @Test("the tables of keys have what is read from the files, and nothing else")
    func readKeys() {
        let settings = "Sources/Mandos/Config/ServerSettings+File.swift"
        #expect(Self.literals(settings, "keys[").sorted() == ServerSettings.keyNames.sorted())
        let client = "Sources/Mandos/Config/ClientKeys.swift"
        #expect(Self.literals(client, "= key(").sorted() == ClientKeys.names.sorted())
    }

    @Test("--help names every option, and no line is wider than a terminal")
    func help() {
        let help = Usage(program: "mandos").help
        for entry in OptionTable.entries { #expect(help.contains(entry.longForm)) }
        for line in help.split(separator: "\n") { #expect(line.count <= 80) }
    }

    @Test("no option is written like another")
    func distinct() {
        let entries = OptionTable.entries
        #expect(Set(entries.map(\.longForm)).count == entries.count)
        #expect(Set(entries.map(\.name)).count == entries.count)
        #expect(Set(entries.compactMap(\.letter)).count == entries.compactMap(\.letter).count)
    }
}
