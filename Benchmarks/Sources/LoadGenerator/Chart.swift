/// Lines over two axes: what is shown, not how.
package struct Chart: Sendable {
    package struct Point: Equatable, Sendable {
        package let x: Double
        package let y: Double
    }

    package struct Series: Sendable {
        package let name: String
        package let points: [Point]
    }

    package struct Axis: Sendable {
        package let title: String
        package let scale: ChartScale
    }

    package let title: String
    package let x: Axis
    package let y: Axis
    package let series: [Series]
    /// Points are marked, where each is a measurement of its own.
    package let hasMarks: Bool
}
