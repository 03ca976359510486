import Foundation
import Testing

/// What `mandos-micro`, as “make check” has built it, has counted for one operation of each workload.
struct MicroCosts {
    struct Cost {
        let allocations: Double
        let calls: Double
    }

    static let program = ProcessInfo.processInfo.environment["MANDOS_MICRO"]

    /// Those for which nobody else is needed. Counted once for all tests.
    static let alone = Result { try MicroCosts() }

    /// Those of answers over D-Bus.
    static let onBus = Result {
        var costs: MicroCosts?
        try SystemBus.run { costs = try MicroCosts("bus", environment: $0.environment) }
        return costs!
    }

    private var costs: [String: Cost] = [:]

    /// - Parameter prefixes: of the names of workloads; none for all.
    private init(_ prefixes: String..., environment: [String: String]? = nil) throws {
        let program = try Program(
            [Self.program!, "run", "2"] + prefixes, environment: environment)
        defer { program.end() }
        // It takes seconds of CPU time, which many others want as well.
        let status = try program.waitForExit(by: Deadline(.seconds(180)))
        guard status == 0 else {
            throw TestFailure("mandos-micro: status \(status): \(try program.error.text())")
        }
        for line in try program.output.text().split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count == 7, let allocations = Double(fields[5]),
                let calls = Double(fields[6])
            else { throw TestFailure("mandos-micro: “\(line)”") }
            costs[String(fields[0])] = Cost(allocations: allocations, calls: calls)
        }
    }

    /// That one operation costs no more than that; what is nil may cost anything.
    func expect(
        _ name: String, allocations: Double? = nil, calls: Double? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let cost = try #require(costs[name], "\(name)", sourceLocation: location)
        if let allocations {
            #expect(
                cost.allocations <= allocations, "allocations of \(name)",
                sourceLocation: location)
        }
        if let calls {
            #expect(cost.calls <= calls, "calls of \(name)", sourceLocation: location)
        }
    }
}
