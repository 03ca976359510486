import CShims.Linux
import CostCounters

/// What one operation of a workload takes.
struct Measurement {
    /// CPU time of this process in each round, in ns for each operation, the shortest first.
    private var spans: [Double] = []
    private var allocations = 0.0
    private var systemCalls = 0.0

    /// - Parameter rounds: after one that is not counted, in which arrays grow to their size.
    init(of workload: Workload, rounds: Int) throws {
        let round = try workload.prepare()
        try round()
        spans.reserveCapacity(rounds)
        let operations = Double(workload.operations)
        for _ in 0..<rounds {
            let before = cost_counts_now()
            let start = Self.processorTime()
            try round()
            let end = Self.processorTime()
            let after = cost_counts_now()
            spans.append((end - start) / operations)
            let share = 1 / (operations * Double(rounds))
            allocations += Double(after.allocations - before.allocations) * share
            systemCalls += Double(after.system_calls - before.system_calls) * share
        }
        spans.sort()
    }

    static let columns = "workload operations ns ns-min ns-max allocations calls"

    func line(for workload: Workload) -> String {
        let numbers = [spans[spans.count / 2], spans[0], spans[spans.count - 1]]
        let texts =
            numbers.map { Self.text($0, decimals: 1) }
            + [allocations, systemCalls].map { Self.text($0, decimals: 3) }
        return "\(workload.name) \(workload.operations) \(texts.joined(separator: " "))"
    }

    private static func text(_ number: Double, decimals: Int) -> String {
        let scale = decimals == 1 ? 10.0 : 1000.0
        return "\(Double(Int(number * scale + 0.5)) / scale)"
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
