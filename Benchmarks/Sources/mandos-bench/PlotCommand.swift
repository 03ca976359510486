import ArgumentParser
import Foundation
import LoadGenerator

extension Chart.Subject: ExpressibleByArgument {}

struct PlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw a chart (SVG) of runs that “load --json” has printed.",
        discussion: "Runs of the same label are one line.")

    @Argument(help: "latency, throughput or memory.")
    var subject: Chart.Subject

    @Argument(help: "Files, each with the report of one run.")
    var runs: [String]

    @Option(help: "What stands above the chart.")
    var title: String?

    @Option(name: .shortAndLong, help: "Where to write it, if not to standard output.")
    var output: String?

    func run() throws {
        let reports = try runs.map { try JSONText.decode(RunReport.self, file: $0) }
        let text = ChartSVG(try Chart(subject, of: reports, title: title)).text
        if let output {
            try text.write(toFile: output, atomically: true, encoding: .utf8)
        } else {
            print(text, terminator: "")
        }
    }
}
