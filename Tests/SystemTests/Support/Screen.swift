import Foundation

/// A terminal of a test's own, in which a program with a screen runs: tmux(1).
final class Screen {
    private let directory: TemporaryDirectory
    private let environment: [String: String]

    /// - Parameter command: for the shell.
    init(_ command: String, environment: [String: String]) throws {
        directory = try TemporaryDirectory()
        self.environment = environment.merging(["TERM": "xterm", "LC_ALL": "C.UTF-8"]) { $1 }
        try tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "-s", "test",
            command)
    }

    /// Ends the program with its terminal.
    func end() {
        _ = try? tmux("kill-server")
        directory.remove()
    }

    /// Presses keys, by their names in tmux(1).
    func press(_ keys: String...) throws {
        for key in keys { try tmux("send-keys", "-t", "test", key) }
    }

    /// What is to be seen, line by line.
    func text() throws -> String { try tmux("capture-pane", "-p", "-J", "-t", "test") }

    /// Waits until it shows what is wanted.
    @discardableResult
    func wait(
        for what: String, by deadline: Deadline = Deadline(), _ isWanted: (String) -> Bool
    ) throws -> String {
        while true {
            let text = try text()
            if isWanted(text) { return text }
            if deadline.hasPassed { throw TestFailure("no \(what) in:\n\(text)") }
        }
    }

    @discardableResult
    func wait(forText part: String) throws -> String { try wait(for: part) { $0.contains(part) } }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String {
        let (status, output, error) = try Program.run(
            "tmux", ["-S", directory.path + "/tmux"] + arguments, environment: environment)
        guard status == 0 else { throw TestFailure("tmux: \(error)") }
        return output
    }
}
