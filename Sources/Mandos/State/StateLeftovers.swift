internal import CShims.Linux
internal import Reactor

/// Files which only a server that saved state can have left behind, beside the two that hold it.
enum StateLeftovers {
    /// Whether a file of that name shows that there was state.
    static func tells(_ name: String) -> Bool {
        name == "clients.key" || name.utf8.starts(with: "clients.db.damaged-".utf8)
    }

    /// In the order of their names; none if the directory cannot be read.
    static func names(in directory: String) -> [String] {
        let opened = try? attempt("open") {
            unsafe cshim_open(directory, O_RDONLY | O_DIRECTORY, 0)
        }
        guard let opened else { return [] }
        return (try? DirectoryListing.names(in: Descriptor(adopting: opened), where: tells)) ?? []
    }
}
