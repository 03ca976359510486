import Testing

@testable import Mandos

@Suite("The report of a daemon") struct LaunchReportTests {
    @Test(
        "arrives as it was sent",
        arguments: [
            LaunchReport.ready, LaunchReport(status: 1, lines: ["a: b", "“c”"]),
            LaunchReport(status: 255, lines: []),
        ])
    func roundTrip(_ report: LaunchReport) { #expect(LaunchReport(report.encoded) == report) }

    @Test("says nothing before it is complete")
    func incomplete() {
        let encoded = LaunchReport(status: 1, lines: ["no", "configuration"]).encoded
        for count in 0..<encoded.count {
            #expect(LaunchReport(Array(encoded.prefix(count))) == nil)
        }
    }

    @Test("cannot be forged by what a line quotes")
    func forged() {
        let report = LaunchReport(LaunchReport(status: 1, lines: ["x\0\0\ny"]).encoded)
        #expect(report == LaunchReport(status: 1, lines: ["x\\x00\\x00\\ny"]))
    }
}
