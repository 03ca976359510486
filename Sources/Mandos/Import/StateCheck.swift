internal import CShims.Linux
internal import Reactor

/// `mandos --check-state`: tells what is wrong with the saved state. Writes to no file, and works
/// beside a server.
package enum StateCheck {
    /// - Returns: the exit status: 0 if all is well, 1 if anything is wrong. Both is told on standard
    ///   output.
    package static func run(_ options: Options, program: String) -> CInt {
        Privileges.forbidCoreFile()
        do throws(ConfigErrors) {
            let directory = try ServerSettings(options).stateDirectory
            let status = run(directory, names: names(options))
            guard let problem = StateOwnership(directory).problem else { return status }
            StandardStream.print(problem + "\n")
            return 1
        } catch {
            for error in error.errors { StandardStream.print(error.text + "\n") }
            return 1
        }
    }

    static func run(_ directory: String, names: [ClientName]) -> CInt {
        let store = SQLiteStore(directory: directory, access: .reading)
        var lines: [String] = []
        var summary = ""
        do throws(StateError) {
            if let state = try store.load(searching: names) {
                lines = state.problems
                if state.damage != nil {
                    let lost = names.filter { state.clients[$0] == nil }
                    lines += Restoration.lines(.critical, "cannot be read", lost).map { $0.text }
                }
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

    /// Of the clients in clients.conf, as far as it may be read: to tell who is lost by damage.
    private static func names(_ options: Options) -> [ClientName] {
        let path = "\(options.configDirectory ?? "/etc/mandos")/clients.conf"
        let files = LinuxSecretFileReader()
        guard let text = try? files.read(path),
            let file = try? ClientsFile(text, name: path, files: files, lookup: LinuxPathLookup())
        else { return [] }
        return file.clients.map { $0.name } + file.rejected
    }
}
