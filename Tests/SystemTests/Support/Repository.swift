import Foundation

/// Files that tests use as they are in the repository.
enum Repository {
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../" + name
        ).standardized.path
    }
}
