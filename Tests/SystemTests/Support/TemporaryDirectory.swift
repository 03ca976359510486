import Foundation

/// Removed by `remove()`, or when the test process ends normally.
///
/// Others may look through it but not list it: a server that was started by root becomes somebody
/// else, who has to get at its state.
struct TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/mandos-system-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o711)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// - Returns: the path of the new file, which is readable by its owner only.
    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o600)
        return file
    }

    func makeDirectory(_ name: String) throws -> String {
        let directory = path + "/" + name
        guard mkdir(directory, 0o700) == 0 else { throw TestFailure("mkdir: \(errno)") }
        return directory
    }
}
