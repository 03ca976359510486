import Foundation

/// How values are laid along an axis, and which of them are written there.
package enum ChartScale: Equatable, Sendable {
    /// From 0, or the least value if that is negative, to a round number.
    case linear
    /// Powers of ten at equal distances; for positive values.
    case logarithmic
    /// Percentiles: each further nine takes as much room as the one before.
    case nines

    package struct Tick: Equatable {
        /// Of the axis, from 0 to 1.
        package let position: Double
        package let text: String
    }

    /// - Parameter values: all that are to find room, at least one.
    package func axis(_ values: [Double]) -> ChartAxis {
        switch self {
        case .linear: linearAxis(values)
        case .logarithmic: logarithmicAxis(values)
        case .nines: ninesAxis(values)
        }
    }

    private func linearAxis(_ values: [Double]) -> ChartAxis {
        let most = max(values.max() ?? 1, 1e-9)
        let step = Self.roundStep(most / 5)
        let top = (most / step).rounded(.up) * step
        let count = Int((top / step).rounded())
        let ticks = (0...count).map {
            Tick(position: Double($0) / Double(count), text: Self.text(Double($0) * step))
        }
        return ChartAxis(ticks: ticks) { $0 / top }
    }

    private func logarithmicAxis(_ values: [Double]) -> ChartAxis {
        let positive = values.filter { $0 > 0 }
        let low = log10(positive.min() ?? 1).rounded(.down)
        let high = max(log10(positive.max() ?? 10).rounded(.up), low + 1)
        let ticks = stride(from: low, through: high, by: 1).map {
            Tick(position: ($0 - low) / (high - low), text: Self.text(pow(10, $0)))
        }
        return ChartAxis(ticks: ticks) { ($0 > 0 ? log10($0) - low : 0) / (high - low) }
    }

    private func ninesAxis(_ values: [Double]) -> ChartAxis {
        let most = values.filter { $0 < 100 }.max() ?? 90
        let nines = min(max((-log10(1 - most / 100)).rounded(.up), 1), 5)
        let texts = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"]
        var ticks = (0...Int(nines)).map {
            Tick(position: Double($0) / nines, text: texts[$0])
        }
        ticks.insert(Tick(position: -log10(0.5) / nines, text: "50 %"), at: 1)
        return ChartAxis(ticks: ticks) { $0 >= 100 ? 1 : min(-log10(1 - $0 / 100) / nines, 1) }
    }

    /// 1, 2 or 5 times a power of ten, not less than `step`.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step * 0.999 } ?? 10 * power
    }

    /// With spaces between thousands, and no more decimals than there are.
    static func text(_ value: Double) -> String {
        guard value >= 1000 else { return String(format: "%g", value) }
        var digits = String(Int(value.rounded()))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: "\u{202f}")
    }
}

/// An axis that has been laid out.
package struct ChartAxis {
    package let ticks: [ChartScale.Tick]
    /// Where a value is, from 0 to 1.
    package let position: (Double) -> Double
}
