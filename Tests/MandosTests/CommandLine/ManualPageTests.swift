import Foundation
import Testing

@testable import Mandos

/// What mandos(8) says, compared with the option table.
struct ManualPageTests {
    static let page: String = {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("man/mandos.8").path
        return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }()

    /// The `.It` lines of the OPTIONS section, such as `Fl p , Fl -port Ar PORT`.
    static var items: [String] {
        let lines = page.split(separator: "\n").map(String.init)
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
