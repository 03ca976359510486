import Foundation
import Testing

/// The standard library of Python as a peer: the files of this server are defined by it.
enum Python {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
    static let whySkipped: Comment = "needs /usr/bin/python3"

    /// Runs `script` once, with each case as a line of hexadecimal digits on its standard input.
    /// `script` defines `answer(data)`, from bytes to a text. Returns the answers, one for each
    /// case.
    static func answers(to cases: [[UInt8]], _ script: String) throws -> [String] {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("mandos-python-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let input = directory.appendingPathComponent("input")
        let output = directory.appendingPathComponent("output")
        try Data(cases.map { hex($0) + "\n" }.joined().utf8).write(to: input)
        try Data().write(to: output)

        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        python.arguments = ["-c", script + driver]
        python.standardInput = try FileHandle(forReadingFrom: input)
        python.standardOutput = try FileHandle(forWritingTo: output)
        try python.run()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0)
        let lines = String(decoding: try Data(contentsOf: output), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        try #require(lines.count == cases.count)
        return lines.map(String.init)
    }

    private static let driver = """

        import sys
        for line in sys.stdin:
            print(answer(bytes.fromhex(line.strip())))
        """

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
