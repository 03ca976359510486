extension Chart {
    /// What `mandos-bench plot` can draw.
    package enum Subject: String, CaseIterable, Sendable {
        case latency, throughput, memory
    }

    /// - Throws: if the runs do not say what is asked for.
    package init(_ subject: Subject, of runs: [RunReport], title: String? = nil) throws {
        switch subject {
        case .latency: self.init(latencyOf: runs, title: title)
        case .throughput: self.init(throughputOf: runs, title: title)
        case .memory: self.init(memoryOf: runs, title: title)
        }
        guard series.contains(where: { !$0.points.isEmpty }) else {
            throw LoadError("none of the runs has a measurement of \(subject)")
        }
    }

    private init(latencyOf runs: [RunReport], title: String?) {
        self.init(
            title: title ?? "How long machines wait for their secrets",
            x: Axis(title: "share of the machines", scale: .nines),
            y: Axis(title: "milliseconds at most", scale: .logarithmic),
            series: runs.map { run in
                // Who got nothing is not among those that waited.
                let share =
                    run.unserved > 0 ? " (\(run.served) of \(run.served + run.unserved))" : ""
                return Series(
                    name: Self.name(run) + share,
                    points: run.latency.distribution.map {
                        Point(x: $0.percentile, y: max(Double($0.microseconds), 1) / 1000)
                    })
            }, hasMarks: false)
    }

    private init(throughputOf runs: [RunReport], title: String?) {
        self.init(
            title: title ?? "Secrets a second, by the number of clients that are configured",
            x: Axis(title: "clients", scale: .logarithmic),
            y: Axis(title: "secrets a second", scale: .logarithmic),
            series: Self.series(runs) { run in
                guard run.secretsPerSecond > 0 else { return [] }
                return [Point(x: Double(run.clients), y: run.secretsPerSecond)]
            }, hasMarks: true)
    }

    private init(memoryOf runs: [RunReport], title: String?) {
        let series = Self.series(runs) { run in
            guard let server = run.server else { return [] }
            let connections = run.samples.map(\.connections).max() ?? 0
            return [
                Point(x: 0, y: Double(server.before.residentBytes) / 1_048_576),
                Point(x: Double(connections), y: Double(server.residentBytesMax) / 1_048_576),
            ]
        }
        let values = series.flatMap(\.points).map(\.y)
        let isWide = (values.max() ?? 1) > 20 * (values.min() ?? 1)
        self.init(
            title: title ?? "Memory of the server, by connections",
            x: Axis(title: "connections at the same time", scale: .linear),
            y: Axis(title: "MiB resident", scale: isWide ? .logarithmic : .linear),
            series: series, hasMarks: true)
    }

    private static func name(_ run: RunReport) -> String {
        run.label.isEmpty ? "server" : run.label
    }

    /// Runs of the same label are one line, and those of the same place on it their median.
    private static func series(
        _ runs: [RunReport], _ points: (RunReport) -> [Point]
    ) -> [Series] {
        var names: [String] = []
        for name in runs.map(name) where !names.contains(name) { names.append(name) }
        return names.map { name in
            let found = runs.filter { self.name($0) == name }.flatMap(points)
            let columns = Dictionary(grouping: found, by: \.x).mapValues { column in
                column.map(\.y).sorted()[(column.count - 1) / 2]
            }
            return Series(
                name: name,
                points: columns.sorted { $0.key < $1.key }.map { Point(x: $0.key, y: $0.value) })
        }
    }
}
