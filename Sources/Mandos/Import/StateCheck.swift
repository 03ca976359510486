internal import CShims.Linux
internal import Reactor

/// `mandos --check-state`: tells what is wrong with the saved state. Writes to no file, and works
/// beside a server.
package enum StateCheck {
    /// - Returns: the exit status: 0 if all is well, 1 if anything is wrong. Both is told on standard
    ///   output.
    package static func run(_ options: Options, program: String) -> CInt {
        Privileges.forbidCoreFile()
        let directory: String
        do throws(ConfigErrors) {
            directory = try ServerSettings(options).stateDirectory
        } catch {
            for error in error.errors { StandardStream.print(error.text + "\n") }
            return 1
        }
        let names = names(options)
        let ownership = StateOwnership(directory).problem
        do throws(StartError) {
            // The server's user could have made the files so as to harm their reader.
            _ = try Privileges.drop()
        } catch {
            for line in error.lines { StandardStream.print(line + "\n") }
            return 1
        }
        Privileges.forbidCoreFile()  // again, as another user
        let status = run(directory, names: names)
        guard let ownership else { return status }
        StandardStream.print(ownership + "\n")
        return 1
    }

    static func run(_ directory: String, names: [ClientName]) -> CInt {
        let store = SQLiteStore(directory: directory, access: .reading)
        store.isEmptyPickle = { PickledState.isEmpty(at: $0) }
        var lines: [String] = []
        var summary = ""
        do throws(StateError) {
            if let state = try store.load(searching: names) {
                lines = state.problems
                if state.damage != nil {
                    let lost = state.lost.union(names.filter { state.clients[$0] == nil })
                        .sorted()
                    lines += Restoration.lines(.critical, "cannot be read", lost).map { $0.text }
                }
                lines += try problemsOfAdded(state, store)
                summary =
                    "\(directory): \(state.clients.count) clients, "
                    + "\(state.revocations.count) revocations"
            } else {
                lines = ["\(directory): nothing is saved"]
            }
        } catch {
            lines = [error.text]
        }
        lines = store.takeNotes() + lines
        let isFine = lines.isEmpty
        if isFine {
            lines = ["\(summary): no problem found"]
        } else if !summary.isEmpty {
            lines.append(summary)
        }
        for line in lines { StandardStream.print(line + "\n") }
        return isFine ? 0 : 1
    }

    /// Of clients that are in no file but these.
    private static func problemsOfAdded(
        _ state: SavedState, _ store: SQLiteStore
    ) throws(StateError) -> [String] {
        let added = state.clients.values.filter { $0.current?.addedKey != nil }
        guard !added.isEmpty else { return [] }
        let key = try store.key(isMade: false)
        let lost = added.filter { client in
            guard let sealed = client.current?.secret, let key else { return true }
            return unsafe key.withBytes { key in
                unsafe sealed.open(under: key, for: client.name.text) == nil
            }
        }
        let reason = key == nil ? "is missing" : "is not the right one"
        return Restoration.lines(
            .error, "\(store.files.key): \(reason), so these clients are left out",
            lost.map { $0.name }.sorted()
        ).map { $0.text }
    }

    /// Of the clients in clients.conf, as far as it may be read: to tell who is lost by damage. By the
    /// same rule as in the server.
    private static func names(_ options: Options) -> [ClientName] {
        let path = "\(options.configDirectory ?? "/etc/mandos")/clients.conf"
        guard let rights = ReaderRights.borrowed() else { return [] }
        defer { precondition(rights.end()) }
        let files = ReaderFiles(rights, base: WorkingDirectory.current)
        guard let text = try? files.read(path),
            let file = try? ClientsFile(text, name: path, files: files, lookup: LinuxPathLookup())
        else { return [] }
        return file.clients.map { $0.name } + file.rejected
    }
}
