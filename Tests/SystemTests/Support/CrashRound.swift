import Foundation

/// One run of `mandos-state-crasher`, and what it has reported.
struct CrashRound {
    /// How it ends, and what goes wrong before.
    struct Plan {
        var seed: UInt64 = 0
        var actionCount = 20
        /// Number of the operation on files at which it dies; 0 for none.
        var killAt = 0
        var failAt = 0
        var failCount = 0
        var failCode: CInt = 0
        /// Killed from outside after so many microseconds.
        var killAfter: UInt32?
        /// Where to write down what is done to the files; empty for nowhere.
        var trace = ""
    }

    /// How the clients began; nil if it did not come so far.
    private(set) var start: CrashModel.Clients?
    private(set) var actions: [(name: String, action: [String])] = []
    /// So many of the actions were confirmed as saved.
    private(set) var savedCount = 0
    private(set) var hasEnded = false
    private(set) var log: [String] = []

    static func run(_ plan: Plan, directory: String, clients: String) throws -> CrashRound {
        let numbers = [plan.killAt, plan.failAt, plan.failCount, Int(plan.failCode)]
        let program = try Program(
            [BuiltProgram.path("mandos-state-crasher"), directory, clients, "\(plan.seed)"]
                + ["\(plan.actionCount)"] + numbers.map { "\($0)" } + [plan.trace])
        defer { program.end() }
        if let span = plan.killAfter {
            usleep(span)
            program.send(SIGKILL)
        }
        let status = try program.waitForExit()
        let error = try program.error.text()
        guard status == 0 || status == 128 + SIGKILL else {
            throw TestFailure("mandos-state-crasher: status \(status): \(error)")
        }
        return try CrashRound(program.output.text())
    }

    private init(_ output: String) {
        var start: CrashModel.Clients = [:]
        // A last line without an end is one that was not said.
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(
                String.init)
            switch words[0] {
            case "state": start[words[1]] = Array(words[2...])
            case "begin": self.start = start
            case "do": actions.append((words[2], Array(words[3...])))
            case "saved": savedCount = Int(words[1]) ?? 0
            case "end": hasEnded = true
            case "log": log.append(String(line))
            default: break
            }
        }
    }
}
