import ArgumentParser
import Foundation
import LoadGenerator

struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Load a server with ever other mixes, and see whether it stays as it was.",
        discussion: "Exit status 1: it did not, or somebody did not get their secret.")

    @OptionGroup var server: TargetOptions

    @Argument(help: "A directory that “mandos-bench keys” has written.")
    var fleet: String

    @Option(help: "How long.")
    var minutes = 60.0

    @Option(help: "Memory by which it may grow after the warm-up, in KiB.")
    var growth = 2048

    @Option(help: "What decides about everything; else the clock.")
    var seed: UInt64?

    @Flag(help: "Print all rounds as JSON, not a line for each.")
    var json = false

    func validate() throws {
        guard server.pid != nil else { throw ValidationError("--pid is needed") }
        try check("--minutes", minutes, 0.01...10_080)
        try check("--growth", Double(growth), 0...1_000_000_000)
    }

    func run() throws {
        guard let meter = try server.meter() else { return }
        var settings = SoakSettings(target: try server.target())
        settings.minutes = minutes
        settings.growthBytesMax = growth * 1024
        settings.seed = seed ?? UInt64(Date().timeIntervalSince1970)
        let soak = Soak(settings, fleet: try Fleet(directory: fleet), meter: meter)
        let report = soak.run { if !json { show($0) } }
        if json {
            print(try JSONText.encode(report))
        } else {
            report.findings.forEach { print($0) }
            print(
                "\(report.served) secrets in \(report.rounds.count) rounds, "
                    + "\(report.findings.count) findings (seed \(report.seed))")
        }
        if !report.findings.isEmpty { throw ExitCode(1) }
    }

    private func show(_ round: Soak.Round) {
        let kinds = PeerKind.allCases.compactMap { kind in
            round.peers[kind.name].map { "\(kind.name) \($0)" }
        }
        let line = String(
            format: "%6.0f s  %5d served  %7d KiB  %3d descriptors  %2d wake-ups  %@\n",
            round.seconds, round.served, round.residentBytes / 1024, round.descriptors,
            round.wakeUps, kinds.joined(separator: ", "))
        // At once, also into a file that somebody watches.
        FileHandle.standardOutput.write(Data(line.utf8))
    }
}
