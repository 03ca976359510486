internal import CShims.Linux
internal import Reactor

/// What is in a directory.
enum DirectoryListing {
    /// More are not looked at: a directory of configuration files has no million of them.
    private static let namesMax = 100_000

    /// The names with that ending, in the order of their bytes. Hidden files are left out.
    ///
    /// - Parameter directory: open for reading.
    static func names(
        in directory: borrowing Descriptor, endingIn suffix: String
    ) throws(FileError) -> [String] {
        try names(in: directory) { hasSuffix($0, suffix) }
    }

    static func names(
        in directory: borrowing Descriptor, where isWanted: (String) -> Bool
    ) throws(FileError) -> [String] {
        let raw = directory.raw
        let copy = try retrying("fcntl") { cshim_duplicate(raw, 0) }
        guard let directory = unsafe fdopendir(copy) else {
            let code = cshim_errno()
            _ = Descriptor(adopting: copy)
            throw .system(code: code)
        }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while names.count < namesMax, let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(
                    cString: $0.assumingMemoryBound(to: CChar.self).baseAddress!)
            }
            guard name.utf8.first != UInt8(ascii: "."), isWanted(name) else { continue }
            names.append(name)
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    private static func hasSuffix(_ name: String, _ suffix: String) -> Bool {
        name.utf8.count > suffix.utf8.count
            && name.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
