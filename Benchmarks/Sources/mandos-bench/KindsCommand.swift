import ArgumentParser
import LoadGenerator

struct KindsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinds", abstract: "List the kinds of hostile peers, for “load --hostile”.")

    func run() {
        let width = (Attack.kinds.map(\.name.count).max() ?? 0) + 2
        for kind in Attack.kinds {
            let padding = String(repeating: " ", count: width - kind.name.count)
            print(kind.name + padding + kind.description)
        }
    }
}
