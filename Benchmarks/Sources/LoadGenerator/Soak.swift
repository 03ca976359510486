import Support

/// Rounds of ever other mixes against one server, which has to be after each as it was before the
/// first: the same memory, the same descriptors, nothing that wakes it up.
package final class Soak {
    /// How the server was found after a round, once it had come to rest.
    package struct Round: Codable, Sendable {
        package let seconds: Double
        package let peers: [String: Int]
        package let served: Int
        package let unserved: Int
        package let wrong: Int
        package let residentBytes: Int
        package let descriptors: Int
        /// Times it woke up in one second, without anything to do.
        package let wakeUps: Int
    }

    package struct Report: Codable, Sendable {
        package var seed: UInt64
        package var rounds: [Round] = []
        package var served = 0
        /// What was not as it should be, in words; empty if all was well.
        package var findings: [String] = []
    }

    private let settings: SoakSettings
    private let fleet: Fleet
    private let meter: ServerMeter
    private var generator: SeededGenerator
    private var report: Report

    /// Rounds until everything that is allocated once has been.
    private static let warmUpRounds = 10

    package init(_ settings: SoakSettings, fleet: Fleet, meter: ServerMeter) {
        self.settings = settings
        self.fleet = fleet
        self.meter = meter
        generator = SeededGenerator(seed: settings.seed)
        report = Report(seed: settings.seed)
    }

    /// - Parameter progress: is called after each round.
    package func run(progress: (Round) -> Void) -> Report {
        let start = Crew.now
        let descriptors = meter.read()?.descriptors ?? 0
        while Crew.now - start < settings.minutes * 60 {
            let run = load(SoakMix(using: &generator))
            guard let rest = comeToRest(descriptors: descriptors) else {
                report.findings.append("the server has ended")
                break
            }
            let round = Round(
                seconds: Crew.now - start, peers: run.peers, served: run.served,
                unserved: run.unserved, wrong: run.wrong, residentBytes: rest.residentBytes,
                descriptors: rest.descriptors, wakeUps: countWakeUps())
            report.rounds.append(round)
            report.served += round.served
            judge(run, round, descriptors: descriptors)
            progress(round)
        }
        judgeMemory()
        judgeWakeUps()
        return report
    }

    private func load(_ mix: SoakMix) -> RunReport {
        var settings = LoadSettings(target: settings.target, mix: mix.mix)
        settings.pattern = mix.pattern
        settings.sources = mix.sources
        // As the real client does, which may be one of too many at a time.
        settings.retryInterval = 10
        settings.slowBytesPerSecond = mix.slowBytesPerSecond
        settings.seed = generator.next() >> 1
        return Load(settings, fleet: fleet, meter: meter).run()
    }

    /// Waits until it has noticed that everybody is gone; ten seconds at most.
    private func comeToRest(descriptors: Int) -> ServerMeter.Reading? {
        let deadline = Crew.now + 10
        var reading = meter.read()
        while let found = reading, found.descriptors > descriptors, Crew.now < deadline {
            pause_ms(50)
            reading = meter.read()
        }
        return reading
    }

    private func countWakeUps() -> Int {
        let before = meter.read()?.sleeps ?? 0
        pause_ms(1000)
        return (meter.read()?.sleeps ?? 0) - before
    }

    private func judge(_ run: RunReport, _ round: Round, descriptors: Int) {
        let name = "round \(report.rounds.count) (seed \(run.seed), \(run.peers))"
        if run.wrong > 0 { report.findings.append("\(name): \(run.wrong) wrong secrets") }
        if run.unserved > 0 {
            report.findings.append("\(name): \(run.unserved) without a secret, \(run.problems)")
        }
        if round.descriptors > descriptors {
            report.findings.append("\(name): \(round.descriptors) descriptors, not \(descriptors)")
        }
    }

    private func judgeMemory() {
        let rounds = report.rounds.dropFirst(Self.warmUpRounds)
        guard let first = rounds.first, let last = rounds.last else { return }
        let growth = last.residentBytes - first.residentBytes
        if growth > settings.growthBytesMax {
            report.findings.append("memory has grown by \(growth / 1024) KiB")
        }
    }

    /// Timers that pile up wake the server up more and more; checks of clients do so at all times.
    private func judgeWakeUps() {
        let rounds = report.rounds.dropFirst(Self.warmUpRounds).map(\.wakeUps)
        guard rounds.count >= 30 else { return }
        let first = rounds.prefix(rounds.count / 3).sorted()[rounds.count / 6]
        let last = rounds.suffix(rounds.count / 3).sorted()[rounds.count / 6]
        if last > 2 * first + 10 {
            report.findings.append("\(last) wake-ups a second at the end, \(first) before")
        }
    }
}
