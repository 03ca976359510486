import Foundation

extension RunReport {
    /// What a person wants to know, in a few lines.
    package var text: String {
        var lines = [
            "\(served) secrets in \(number(seconds, 1)) s, \(number(secretsPerSecond, 0)) a second; "
                + "\(unserved) machines without, \(wrong) wrong secrets (seed \(seed))"
        ]
        if latency.count > 0 {
            lines.append(
                "latency: median \(milliseconds(latency.p50)), 90 % \(milliseconds(latency.p90)), "
                    + "99 % \(milliseconds(latency.p99)), 99.9 % \(milliseconds(latency.p999)), "
                    + "longest \(milliseconds(latency.max))")
        }
        lines += serverLines + [""] + outcomeLines
        return lines.joined(separator: "\n")
    }

    private var serverLines: [String] {
        guard let server else { return [] }
        let perSecret = server.cpuMicrosecondsPerSecret.map {
            ", \(number($0, 0)) µs for each secret"
        }
        return [
            "server CPU: \(number(server.cpuSeconds, 3)) s\(perSecret ?? "")",
            "server memory: \(mebibytes(server.before.residentBytes)) before, "
                + "\(mebibytes(server.residentBytesMax)) at most, "
                + "\(mebibytes(server.after.residentBytes)) after; descriptors: "
                + "\(server.before.descriptors), \(server.descriptorsMax), \(server.after.descriptors)",
        ]
    }

    private var outcomeLines: [String] {
        PeerKind.allCases.filter { peers[$0.name] != nil }.flatMap { kind in
            let counts = outcomes[kind.name] ?? [:]
            let found = Outcome.allCases.filter { counts[$0.name] != nil }
            return ["\(peers[kind.name] ?? 0) \(kind.name)"]
                + found.map { outcome in
                    let problem = problems[outcome.name].map { " (“\($0)”)" } ?? ""
                    let count = padded(String(counts[outcome.name] ?? 0), 10)
                    return "\(count) \(outcome.name): \(outcome.explanation)\(problem)"
                }
        }
    }

    private func milliseconds(_ microseconds: UInt64) -> String {
        number(Double(microseconds) / 1000, 1) + " ms"
    }

    private func mebibytes(_ bytes: Int) -> String { number(Double(bytes) / 1_048_576, 1) + " MiB" }
}

/// With so many decimals.
func number(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value)
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
