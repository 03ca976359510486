import Testing

@testable import LoadGenerator

@Suite("Charts")
struct ChartTests {
    @Test("a linear axis ends at a round number, and has few ticks")
    func linear() {
        let axis = ChartScale.linear.axis([3, 870])
        #expect(axis.ticks.map(\.text) == ["0", "200", "400", "600", "800", "1\u{202f}000"])
        #expect(axis.position(500) == 0.5)
    }

    @Test("a logarithmic axis has powers of ten around all values")
    func logarithmic() {
        let axis = ChartScale.logarithmic.axis([0.3, 25])
        #expect(axis.ticks.map(\.text) == ["0.1", "1", "10", "100"])
        #expect(abs(axis.position(10) - 2.0 / 3) < 1e-9)
    }

    @Test("on an axis of percentiles, each nine takes as much room")
    func nines() {
        let axis = ChartScale.nines.axis([10, 99.5, 100])
        #expect(axis.ticks.map(\.text) == ["0 %", "50 %", "90 %", "99 %", "99.9 %"])
        #expect(abs(axis.position(90) - 1.0 / 3) < 1e-9)
        #expect(axis.position(100) == 1)
    }

    @Test("names are escaped, and all points are within the drawing")
    func drawing() throws {
        let series = Chart.Series(
            name: "a<b>&c", points: [Chart.Point(x: 0, y: 0), Chart.Point(x: 10, y: 20)])
        let chart = Chart(
            title: "T", x: Chart.Axis(title: "x", scale: .linear),
            y: Chart.Axis(title: "y", scale: .linear), series: [series], hasMarks: true)
        let text = ChartSVG(chart).text
        #expect(text.contains(">a&lt;b&gt;&amp;c</text>"))
        #expect(text.contains("<circle cx=\"76.0\" cy=\"344.0\""))
        #expect(text.contains("<circle cx=\"680.0\" cy=\"76.0\""))
        #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n"))
    }
}
