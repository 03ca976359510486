package import Histogram

/// How long machines waited for their secrets, in microseconds.
package struct LatencyReport: Codable, Equatable, Sendable {
    /// A step of the distribution: so many took at most so long.
    package struct Step: Codable, Equatable, Sendable {
        package let percentile: Double
        package let microseconds: UInt64
    }

    package let count: UInt64
    package let mean: Double
    package let p50: UInt64
    package let p90: UInt64
    package let p99: UInt64
    package let p999: UInt64
    package let max: UInt64
    /// In ever smaller steps towards 100 %.
    package let distribution: [Step]

    package init(_ histogram: Histogram<UInt32>) {
        count = histogram.totalCount
        mean = count == 0 ? 0 : histogram.mean
        p50 = histogram.valueAtPercentile(50)
        p90 = histogram.valueAtPercentile(90)
        p99 = histogram.valueAtPercentile(99)
        p999 = histogram.valueAtPercentile(99.9)
        max = count == 0 ? 0 : histogram.max
        distribution =
            count == 0
            ? []
            : histogram.percentiles(ticksPerHalfDistance: 8).map {
                Step(percentile: $0.percentile, microseconds: $0.value)
            }
    }
}
