import Foundation

/// Draws a chart as SVG 1.1, which needs neither fonts nor scripts of its own, and can be read on
/// light and dark pages.
package struct ChartSVG {
    private let chart: Chart
    private let x: ChartAxis
    private let y: ChartAxis
    private static let width = 720.0
    private static let height = 400.0
    private static let left = 76.0
    private static let right = 40.0
    private static let top = 76.0
    private static let bottom = 56.0
    /// Of Okabe and Ito, which can be told apart by people who see colours differently.
    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

    package init(_ chart: Chart) {
        self.chart = chart
        let points = chart.series.flatMap(\.points)
        x = chart.x.scale.axis(points.map(\.x))
        y = chart.y.scale.axis(points.map(\.y))
    }

    package var text: String {
        let (width, height) = (number(Self.width, 0), number(Self.height, 0))
        let head = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
            width="\(width)" height="\(height)" role="img" aria-labelledby="title" \
            font-family="system-ui, sans-serif" font-size="13" fill="#333">
            <title id="title">\(escaped(chart.title))</title>
            <rect width="\(width)" height="\(height)" rx="6" fill="#fff"/>
            <text x="\(number(Self.left, 0))" y="28" font-size="16" font-weight="600">\
            \(escaped(chart.title))</text>
            """
        let lines = [head] + legend + horizontalGrid + verticalGrid + axisTitles
        return (lines + chart.series.indices.flatMap(drawing) + ["</svg>", ""])
            .joined(separator: "\n")
    }

    private var legend: [String] {
        var start = Self.left
        return chart.series.indices.map { index in
            let name = chart.series[index].name
            defer { start += 44 + 7.6 * Double(name.count) }
            return """
                <path d="M\(number(start, 0)) 50h18" stroke="\(colour(index))" stroke-width="3"/>\
                <text x="\(number(start + 24, 0))" y="54.5">\(escaped(name))</text>
                """
        }
    }

    private var horizontalGrid: [String] {
        y.ticks.map { tick in
            let height = number(vertical(tick.position), 1)
            let isBase = tick.position == 0
            return """
                <path d="M\(number(Self.left, 0)) \(height)H\(number(Self.width - Self.right, 0))" \
                stroke="\(isBase ? "#555" : "#e2e2e2")"/>\
                <text x="\(number(Self.left - 8, 0))" y="\(number(vertical(tick.position) + 4.5, 1))" \
                text-anchor="end">\(tick.text)</text>
                """
        }
    }

    private var verticalGrid: [String] {
        let base = Self.height - Self.bottom
        return x.ticks.map { tick in
            let place = number(horizontal(tick.position), 1)
            return """
                <path d="M\(place) \(number(base, 0))v5" stroke="#555"/>\
                <text x="\(place)" y="\(number(base + 20, 0))" text-anchor="middle">\(tick.text)</text>
                """
        }
    }

    private var axisTitles: [String] {
        let middle = number(Self.top + (Self.height - Self.top - Self.bottom) / 2, 1)
        let centre = number(Self.left + (Self.width - Self.left - Self.right) / 2, 1)
        return [
            """
            <text x="\(centre)" y="\(number(Self.height - 14, 0))" text-anchor="middle">\
            \(escaped(chart.x.title))</text>
            """,
            """
            <text transform="translate(18 \(middle)) rotate(-90)" text-anchor="middle">\
            \(escaped(chart.y.title))</text>
            """,
        ]
    }

    private func drawing(_ index: Int) -> [String] {
        let places = chart.series[index].points.map {
            (x: number(horizontal(x.position($0.x)), 1), y: number(vertical(y.position($0.y)), 1))
        }
        guard let first = places.first else { return [] }
        let path = "M\(first.x) \(first.y)" + places.dropFirst().map { "L\($0.x) \($0.y)" }.joined()
        let line = """
            <path d="\(path)" fill="none" stroke="\(colour(index))" stroke-width="2.5" \
            stroke-linejoin="round"/>
            """
        let isDot = places.allSatisfy { $0 == first }
        guard chart.hasMarks || isDot else { return [line] }
        return [line]
            + places.map {
                "<circle cx=\"\($0.x)\" cy=\"\($0.y)\" r=\"4\" fill=\"\(colour(index))\"/>"
            }
    }

    private func horizontal(_ position: Double) -> Double {
        Self.left + position * (Self.width - Self.left - Self.right)
    }

    private func vertical(_ position: Double) -> Double {
        Self.height - Self.bottom - position * (Self.height - Self.top - Self.bottom)
    }

    private func colour(_ index: Int) -> String { Self.colours[index % Self.colours.count] }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;")
            .replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: ">", with: "&gt;")
    }
}
