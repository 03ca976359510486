import CShims.Linux

@testable import Mandos

/// Files that are not there.
final class FakeFiles: ConfigurationFileSource {
    private let contents: [String: String]
    private(set) var asked: [String] = []

    init(_ contents: [String: String] = [:]) { self.contents = contents }

    func read(_ path: String) throws(FileError) -> SensitiveBytes {
        asked.append(path)
        guard let text = contents[path] else { throw .system(code: ENOENT) }
        return sensitive(text)
    }
}

extension FakeFiles {
    func contents(of path: String) throws(FileError) -> FileContents {
        FileContents(try read(path), nil)
    }

    func names(in directory: String, endingIn suffix: String) throws(FileError) -> [String] {
        throw .system(code: ENOENT)
    }

    func attributes(ofDirectory path: String) -> FileAttributes? { nil }
}

/// An environment and users that are not there.
final class FakeLookup: PathLookup {
    private let variables: [String: String]
    private let homes: [String: String]

    init(variables: [String: String] = [:], homes: [String: String] = [:]) {
        self.variables = variables
        self.homes = homes
    }

    func variable(_ name: String) -> String? { variables[name] }
    func homeDirectory(of user: String?) -> String? { homes[user ?? ""] }
}
