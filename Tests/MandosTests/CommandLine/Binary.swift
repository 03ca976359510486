import Foundation
import Testing

/// The programs that “make check” has built, one by each mode of the compiler.
struct Binary: Sendable, CustomTestStringConvertible {
    static let built: [Binary] = ["MANDOS_STATIC", "MANDOS_APPLIANCE"].compactMap { variable in
        ProcessInfo.processInfo.environment[variable].map { Binary(path: $0) }
    }

    let path: String

    var testDescription: String { path }

    struct Outcome: Equatable {
        let status: Int32
        let output: String
        let error: String
    }

    /// Runs it to its end. For short outputs: a full pipe would be waited for in vain.
    func run(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        let output = Pipe()
        let error = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = error
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: Self.text(output), error: Self.text(error))
    }

    private static func text(_ pipe: Pipe) -> String {
        String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}
