internal import CShims.Linux

/// Files which only a server that saved state can have left behind, beside the two that hold it.
enum StateLeftovers {
    /// Whether a file of that name shows that there was state.
    static func tells(_ name: String) -> Bool {
        name == "clients.key" || name.utf8.starts(with: "clients.db.damaged-".utf8)
    }

    /// In the order of their names; none if the directory cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(
                    cString: $0.assumingMemoryBound(to: CChar.self).baseAddress!)
            }
            if tells(name) { names.append(name) }
        }
        return names.sorted()
    }
}
