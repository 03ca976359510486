import Foundation
import Testing

@testable import Mandos

/// What shells offer, compared with the option table.
struct CompletionTests {
    static let files: String = {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4)
        return root.joined(separator: "/") + "/etc/completion"
    }()

    static var options: Set<String> {
        Set(OptionTable.entries.flatMap { [$0.longForm] + ($0.shortForm.map { [$0] } ?? []) })
    }

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// What bash offers where the words end.
    private func bash(_ words: String...) throws -> Set<String> {
        let script = """
            source '\(Self.files)/mandos.bash'
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _mandos; printf '%s\\n' "${COMPREPLY[@]}"
            """
        let offers = try run("/bin/bash", ["-c", script, "bash", "mandos"] + words)
        return Set(offers.split(separator: "\n").map(String.init))
    }

    @Test("bash offers every option, and no other")
    func bashOptions() throws {
        #expect(try bash("-") == Self.options)
        #expect(try bash("--no-") == Self.options.filter { $0.hasPrefix("--no-") })
    }

    @Test("bash offers levels, directories and interfaces")
    func bashValues() throws {
        #expect(try bash("--debuglevel", "") == ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"])
        #expect(try bash("--debuglevel", "=", "W") == ["WARNING"])
        #expect(try bash("--configdir", "/et") == ["/etc"])
        #expect(try bash("-i", "l") == ["lo"])
        #expect(try bash("--port", "").isEmpty)
    }

    /// Types at a terminal of its own, and lists what zsh then shows.
    private func zsh(_ typed: String) throws -> String {
        let script = """
            zmodload zsh/zpty
            zpty shell zsh -f -i
            type() { zpty -w shell $1 }
            type "stty columns 400; PS1=; fpath=('\(Self.files)' $fpath); setopt no_list_beep"
            type "autoload -U compinit; compinit -u -D; bindkey '^I' list-choices; LISTMAX=9999"
            type "zstyle ':completion:*' verbose no"
            type "echo be''gin"
            zpty -r shell text '*begin*'
            zpty -w -n shell $'\(typed)\\t'
            zpty -w -n shell $'\\C-U'
            type "echo en''d"
            zpty -r shell text '*end*' && print -r -- $text
            """
        return try run("/bin/zsh", ["-f", "-c", script])
    }

    @Test(
        "zsh offers every option, and no other",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/zsh"), "needs zsh"))
    func zshOptions() throws {
        let shown = try zsh("mandos -").replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: " ")
        let options = shown.split { $0.isWhitespace }.compactMap {
            $0.prefixMatch(of: /--?[a-z][a-z0-9-]*/).map { String($0.output) }
        }
        #expect(Set(options) == Self.options, "\(shown)")
    }
}
