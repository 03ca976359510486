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
        let (status, output, error) = try Program.run(
            Self.program!, ["run", "2"] + prefixes, environment: environment)
        guard status == 0 else { throw TestFailure("mandos-micro: status \(status): \(error)") }
        for line in output.split(separator: "\n").dropFirst() {
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
