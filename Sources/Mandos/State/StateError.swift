/// Why state can be neither read nor written. Names the file.
package enum StateError: Error, Equatable {
    /// Of a later version of this program.
    case newer(String)
    /// Another process has it.
    case inUse(String)
    /// It is there, but who was trusted cannot be found out.
    case unreadable(String)
    /// The pickle of a server in Python, at that path, is all that there is, or the latest.
    case notImported(String)
    /// Not now, but maybe later.
    case notWritten(String)

    package var text: String {
        switch self {
        case .newer(let text), .inUse(let text), .unreadable(let text), .notWritten(let text): text
        case .notImported(let path): "\(path): not read; take it over with --import-state"
        }
    }
}
