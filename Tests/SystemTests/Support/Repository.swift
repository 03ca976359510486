import Foundation

/// Files that tests use as they are in the repository.
enum Repository {
    static func path(_ name: String, file: String = #filePath) -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(
            "../../../" + name
        ).standardized.path
    }
}
