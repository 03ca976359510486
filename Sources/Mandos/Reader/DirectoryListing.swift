internal import CShims.Linux

/// What is in a directory.
enum DirectoryListing {
    /// More are not looked at: a directory of configuration files has no million of them.
    private static let namesMax = 100_000

    /// The names with that ending, in the order of their bytes. Hidden files are left out.
    static func names(in path: String, endingIn suffix: String) throws(FileError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw .system(code: cshim_errno()) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while names.count < namesMax, let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(
                    cString: $0.assumingMemoryBound(to: CChar.self).baseAddress!)
            }
            guard name.utf8.first != UInt8(ascii: "."), hasSuffix(name, suffix) else { continue }
            names.append(name)
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    private static func hasSuffix(_ name: String, _ suffix: String) -> Bool {
        name.utf8.count > suffix.utf8.count
            && name.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
