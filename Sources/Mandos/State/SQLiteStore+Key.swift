internal import Reactor

// The key by which secrets of clients are sealed that are in no configuration file.
extension SQLiteStore {
    package func key(isMade: Bool) throws(StateError) -> SharedSecret? {
        let file = StateKeyFile(path: files.key)
        do throws(SystemError) {
            if let key = try file.read() { return key }
            guard isMade else { return nil }
            try files.makeDirectory()
            let key = try file.make()
            try files.syncDirectory()
            return key
        } catch {
            throw .notWritten("\(files.key): \(error.reason)")
        }
    }
}
