import ArgumentParser
import Foundation
import LoadGenerator

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make keys of machines, and a clients.conf that knows them.")

    @Argument(help: "Where to write “machines” and “clients.conf”; made if it is missing.")
    var directory: String

    @Argument(help: "How many machines.")
    var count: Int

    @Option(help: "Size of each secret, in bytes.")
    var secretBytes = 300

    @Option(
        help: ArgumentHelp(
            "A line for the section about all clients, such as “interval = PT1H”.",
            valueName: "line"))
    var set: [String] = ["checker = :"]

    func validate() throws {
        guard (1...Mix.countMax).contains(count) else {
            throw ValidationError("COUNT: expected 1 to \(Mix.countMax), found \(count)")
        }
        guard (0...16_777_216).contains(secretBytes) else {
            throw ValidationError("--secret-bytes: expected 0 to 16777216, found \(secretBytes)")
        }
    }

    func run() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try Fleet(count: count, secretByteCount: secretBytes).write(to: directory, defaults: set)
    }
}
