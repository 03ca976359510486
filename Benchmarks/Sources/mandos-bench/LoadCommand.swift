import ArgumentParser
import Foundation
import LoadGenerator

struct LoadCommand: ParsableCommand {
    enum Arrival: String, ExpressibleByArgument, CaseIterable {
        case atOnce = "at-once"
        case poisson, steady
    }

    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Boot machines, with ill-behaved peers among them.",
        discussion: "Exit status 1: somebody did not get their secret, or got another.")

    @OptionGroup var server: TargetOptions

    @Argument(help: "A directory that “mandos-bench keys” has written.")
    var fleet: String

    @Option(
        help: ArgumentHelp(
            "How many of each kind: honest, slow, unknown, silent, waiting, halfway, aborting, "
                + "garbage.", valueName: "kind=count,…"))
    var peers = "honest=1000"

    @Option(
        help: "At once, as a Poisson process, or evenly: at-once, poisson or steady.")
    var arrival = Arrival.atOnce

    @Option(help: "Arrivals per second, if not at once.")
    var rate = 100.0

    @Option(help: "Machines that boot at the same time, at most.")
    var concurrency: Int?

    @Option(
        help: "A machine that gets nothing tries again after so many seconds; real ones after 10.")
    var retry: Double?

    @Option(help: "The run ends after so many seconds, whatever is left.")
    var seconds = 60.0

    @Option(help: "An attempt to boot may take so many seconds.")
    var timeout = 60.0

    @Option(help: "Silent, waiting and halfway peers stay for so many seconds.")
    var hold: Double?

    @Option(help: "What slow peers send in a second.")
    var slowBytes = 500

    @Option(help: "Loopback addresses that the peers come from, not one for each.")
    var sources: Int?

    @Option(
        help: ArgumentHelp(
            "Attacks meanwhile, and how many peers play each: see mandos-bench(1).",
            valueName: "kind=count,…"))
    var hostile: String?

    @Option(help: "Loopback addresses that the hostile peers come from.")
    var hostileSources = 1

    @Option(help: "What decides about order, arrivals and garbage; else the clock.")
    var seed: UInt64?

    @Option(help: "What the run is called in charts.")
    var label = ""

    @Option(help: ArgumentHelp("A file that peers of the kind “exchange” send.", valueName: "file"))
    var request: String?

    @Option(help: ArgumentHelp("A file that they expect as the answer.", valueName: "file"))
    var answer: String?

    @Flag(help: "Print all about the run as JSON, not a summary.")
    var json = false

    func validate() throws {
        guard Mix(peers) != nil else {
            throw ValidationError("--peers: expected such as honest=100,silent=5, found “\(peers)”")
        }
        if let hostile, Attack.parse(hostile) == nil {
            throw ValidationError(
                "--hostile: expected such as \(Attack.kinds[0].name)=10, found “\(hostile)”; kinds: "
                    + Attack.kinds.map(\.name).joined(separator: ", "))
        }
        try check("--hostile-sources", Double(hostileSources), 1...60_000)
        try check("--rate", rate, 0.001...100_000)
        try check("--seconds", seconds, 0.1...86_400)
        try check("--timeout", timeout, 0.1...86_400)
        try check("--retry", retry ?? 10, 0.1...86_400)
        try check("--hold", hold ?? 10, 0...86_400)
        try check("--slow-bytes", Double(slowBytes), 1...1_000_000)
        try check("--sources", Double(sources ?? 1), 1...1_000_000)
        try check("--concurrency", Double(concurrency ?? 1), 1...60_000)
    }

    func run() throws {
        let settings = try settings()
        let fleet = try Fleet(directory: fleet)
        let load = Load(
            settings, fleet: fleet, meter: try server.meter(),
            attackers: try hostile.flatMap { Attack.parse($0) }.map {
                try Attackers($0, against: settings, sources: hostileSources, fleet: fleet)
            })
        let progress = ProgressBar()
        let report = load.run(progress: progress.show)
        progress.clear()
        if json {
            print(try JSONText.encode(report))
        } else {
            print(report.text)
        }
        if !report.isGood { throw ExitCode(1) }
    }

    private func settings() throws -> LoadSettings {
        guard let mix = Mix(peers) else { throw ValidationError("--peers") }
        var settings = LoadSettings(target: try server.target(), mix: mix)
        settings.pattern = pattern
        settings.concurrency = min(concurrency ?? mix.total, 60_000)
        settings.retryInterval = retry
        settings.secondsMax = seconds
        settings.attemptSeconds = timeout
        settings.holdSeconds = hold
        settings.slowBytesPerSecond = slowBytes
        settings.sources = sources
        settings.seed = seed ?? UInt64(Date().timeIntervalSince1970 * 1e6)
        settings.label = label
        settings.request = try bytes(request)
        settings.answer = try bytes(answer)
        return settings
    }

    private var pattern: Arrivals.Pattern {
        switch arrival {
        case .atOnce: .atOnce
        case .poisson: .poisson(perSecond: rate)
        case .steady: .steady(perSecond: rate)
        }
    }

    private func bytes(_ path: String?) throws -> [UInt8] {
        guard let path else { return [] }
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// Refuses what is out of bounds, in words.
func check(_ option: String, _ value: Double, _ range: ClosedRange<Double>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(option): expected \(range.lowerBound) to \(range.upperBound)")
    }
}
