import Support

/// One run: many peers against one server, until all are done or the time is over.
package final class Load {
    private let settings: LoadSettings
    private let fleet: Fleet
    private let meter: ServerMeter?
    private let attackers: Attackers?
    private let crew: Crew
    private let kinds: [PeerKind]
    /// Of each peer, what its machine is called in the crew.
    private var machines: [Int]
    private var arrivals: Arrivals
    private var firstStarts: [Double]
    private var tally = Tally()
    private var samples: [RunReport.Sample] = []
    /// Peers that come and go, and have not gone for good.
    private var pending: Int
    private var lastSecret = 0.0
    private let stayCount: Int
    private var start = 0.0
    /// Reading a server of many processes takes long, and should not be what is measured.
    private var sampleCost = 0.0

    private static let sampleSeconds = 0.05
    private static let sampleCountMax = 4000
    private static let restSeconds = 2.0

    package init(
        _ settings: LoadSettings, fleet: Fleet, meter: ServerMeter?, attackers: Attackers? = nil
    ) {
        self.settings = settings
        self.fleet = fleet
        self.meter = meter
        self.attackers = attackers
        var generator = SeededGenerator(seed: settings.seed)
        let order = settings.mix.shuffled(using: &generator)
        let staying = order.filter(\.stays)
        kinds = staying + order.filter { !$0.stays }
        stayCount = staying.count
        pending = kinds.count - stayCount
        arrivals = Arrivals(
            settings.pattern, peerCount: pending, retryInterval: settings.retryInterval,
            generator: generator)
        let alone = pending == 0 ? 10.0 : settings.secondsMax
        crew = Crew(
            settings, openMax: stayCount + min(settings.concurrency, max(pending, 1)),
            holdSeconds: settings.holdSeconds ?? alone, sources: settings.sources ?? kinds.count)
        firstStarts = Array(repeating: -1, count: kinds.count)
        machines = []
        assignMachines()
    }

    /// Those of the fleet take turns, evenly spread over it. Peers that are not known share a new key.
    /// The last machine of the fleet belongs to the attackers, if there are any.
    private func assignMachines() {
        let owed = settings.mix.counts.filter { $0.key != .unknown }.values.reduce(0, +)
        let members = attackers == nil ? fleet.members[...] : fleet.members.dropLast()
        let stride = max(members.count / max(owed, 1), 1)
        var added: [Int: Int] = [:]
        var next = 0
        let stranger =
            settings.mix[.unknown] > 0
            ? crew.add(Fleet(count: 1, secretByteCount: 1).members[0].machine) : 0
        machines = kinds.map { kind in
            if kind == .unknown { return stranger }
            let member = next * stride % members.count
            next += 1
            if let index = added[member] { return index }
            let index = crew.add(members[member].machine)
            added[member] = index
            return index
        }
    }

    /// - Parameter progress: is called a few times a second.
    package func run(progress: (RunReport.Sample, _ total: Int) -> Void = { _, _ in }) -> RunReport
    {
        let before = meter?.read()
        attackers?.start()
        start = Crew.now
        for number in 0..<stayCount {
            _ = crew.start(kinds[number], machine: machines[number], number: number)
        }
        waitForStaying()
        start = Crew.now
        var nextSample = 0.0
        while !isOver {
            startDue()
            crew.turn(seconds: timeToWait)
            takeResults()
            if elapsed >= nextSample {
                sample()
                samples.last.map { progress($0, settings.mix.total - stayCount) }
                nextSample = elapsed + max(Self.sampleSeconds, 20 * sampleCost)
            }
        }
        let seconds = elapsed
        sample()
        attackers?.stop()
        let after = dismiss(until: before)
        return report(seconds: seconds, from: before, to: after)
    }

    private var elapsed: Double { Crew.now - start }

    private var isOver: Bool {
        if elapsed >= settings.secondsMax { return true }
        if pending > 0 { return false }
        // Those that stay do so for the others, unless they are alone or were told how long.
        let waits = settings.holdSeconds != nil || stayCount == kinds.count
        return crew.openCount == 0 || !waits
    }

    /// The crowd is there before the first machine boots, as far as the server lets it in.
    private func waitForStaying() {
        let deadline = Crew.now + 10
        while Crew.now < deadline {
            takeResults()
            if crew.connectedCount == crew.openCount { return }
            crew.turn(seconds: 0.02)
        }
    }

    /// All leave; the server is given some time to notice.
    private func dismiss(until before: ServerMeter.Reading?) -> ServerMeter.Reading? {
        crew.dismiss()
        takeResults()
        let deadline = Crew.now + Self.restSeconds
        var after = meter?.read()
        while let before, let found = after, Crew.now < deadline,
            found.descriptors > before.descriptors || found.processes > before.processes
        {
            pause_ms(20)
            after = meter?.read()
        }
        return after
    }

    private func startDue() {
        while crew.openCount < stayCount + settings.concurrency,
            let attempt = arrivals.takeDue(at: elapsed)
        {
            let number = stayCount + attempt.peer
            if firstStarts[number] < 0 {
                // Who waits for its turn here waits for the server, if it came at a time of its own.
                firstStarts[number] = settings.pattern == .atOnce ? elapsed : attempt.due
            }
            let isStarted = crew.start(kinds[number], machine: machines[number], number: number)
            precondition(isStarted, "more peers than places")
            takeResults()
        }
    }

    private var timeToWait: Double {
        guard let due = arrivals.nextDue, crew.openCount < stayCount + settings.concurrency else {
            return Self.sampleSeconds
        }
        return min(max(due - elapsed, 0), Self.sampleSeconds)
    }

    private func takeResults() {
        while let result = crew.takeResult() {
            let ended = result.ended - start
            tally.add(
                result.kind, result.outcome, after: ended - firstStarts[result.number],
                problem: result.problem)
            if result.outcome == .served { lastSecret = ended }
            if result.kind.stays { continue }
            let goesOn =
                result.kind.isOwedASecret && result.outcome != .served
                && arrivals.retry(result.number - stayCount, at: ended)
            if !goesOn { pending -= 1 }
        }
    }

    private func sample() {
        let begun = Crew.now
        defer { sampleCost = Crew.now - begun }
        let reading = meter?.read()
        samples.append(
            RunReport.Sample(
                seconds: elapsed, connections: crew.connectedCount, served: tally.served,
                residentBytes: reading?.residentBytes, descriptors: reading?.descriptors))
        // Long runs keep every second one, again and again.
        guard samples.count > Self.sampleCountMax else { return }
        samples = samples.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    }
}

extension Load {
    private func report(
        seconds: Double, from before: ServerMeter.Reading?, to after: ServerMeter.Reading?
    ) -> RunReport {
        let owed = kinds.filter(\.isOwedASecret).count
        return RunReport(
            label: settings.label, target: "\(settings.target.host) port \(settings.target.port)",
            clients: fleet.members.count, seed: settings.seed,
            peers: Dictionary(
                uniqueKeysWithValues: settings.mix.counts.map { ($0.key.name, $0.value) }),
            attacks: attackers?.counts ?? [:],
            outcomes: tally.outcomesByName, attempts: tally.attempts, served: tally.served,
            unserved: owed - tally.served, wrong: tally.wrong, seconds: seconds,
            secretsPerSecond: lastSecret > 0 ? Double(tally.served) / lastSecret : 0,
            latency: LatencyReport(tally.latencies), server: serverReport(from: before, to: after),
            samples: samples,
            problems: Dictionary(
                uniqueKeysWithValues: tally.problems.map { ($0.key.name, $0.value) }))
    }

    private func serverReport(
        from before: ServerMeter.Reading?, to after: ServerMeter.Reading?
    ) -> RunReport.Server? {
        guard let before, let after else { return nil }
        let cpuSeconds = after.cpuSeconds - before.cpuSeconds
        return RunReport.Server(
            before: before, after: after,
            residentBytesMax: samples.compactMap(\.residentBytes).max() ?? 0,
            descriptorsMax: samples.compactMap(\.descriptors).max() ?? 0, cpuSeconds: cpuSeconds,
            cpuMicrosecondsPerSecret: tally.served > 0
                ? cpuSeconds * 1e6 / Double(tally.served) : nil)
    }
}
