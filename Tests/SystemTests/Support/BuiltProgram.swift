import Foundation

/// A program that is built together with the tests.
enum BuiltProgram {
    /// It lies next to the tests.
    static func path(_ name: String) -> String {
        let executable = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/exe")
        let candidates = CommandLine.arguments.prefix(1) + [executable].compactMap { $0 }
        for candidate in candidates {
            let path = URL(fileURLWithPath: candidate).deletingLastPathComponent()
                .appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return name
    }
}
