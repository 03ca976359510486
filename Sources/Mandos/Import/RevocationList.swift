internal import Reactor

/// `mandos --list-revocations`: who gets nothing until somebody gives it back. Changes nothing.
package enum RevocationList {
    /// - Returns: the exit status.
    package static func run(_ options: Options, program: String) -> CInt {
        do throws(ConfigErrors) {
            return run(try ServerSettings(options), program: program)
        } catch {
            for error in error.errors { StandardStream.printError("\(program): \(error.text)\n") }
            return 1
        }
    }

    private static func run(_ settings: ServerSettings, program: String) -> CInt {
        let ownership = StateOwnership(settings.stateDirectory).problem
        do throws(StartError) {
            // The server's user could have made the files so as to harm their reader.
            _ = try Privileges.drop()
        } catch {
            for line in error.lines { StandardStream.printError("\(program): \(line)\n") }
            return 1
        }
        do throws(StateError) {
            let store = SQLiteStore(directory: settings.stateDirectory, access: .reading)
            store.isEmptyPickle = { PickledState.isEmpty(at: $0) }
            guard let state = try store.load(searching: []) else {
                StandardStream.printError(
                    "\(program): \(settings.stateDirectory): nothing is saved\n")
                return 1
            }
            for line in state.problems { StandardStream.printError("\(program): \(line)\n") }
            for line in lines(state) { StandardStream.print(line + "\n") }
            return state.problems.isEmpty ? 0 : 1
        } catch {
            for line in [error.text, ownership] {
                if let line { StandardStream.printError("\(program): \(line)\n") }
            }
            return 1
        }
    }

    /// One for each revocation, the oldest first, and one for each client that was added.
    static func lines(_ state: SavedState) -> [String] {
        let revocations = Revocations(state.revocations)
        var lines = revocations.all.map { revocation in
            if revocation.identity == Revocation.ofUnknownClients {
                return "every client that was not seen since: \(revocation.text)"
            }
            let mark = state.clients[revocation.name]?.current?.addedKey == revocation.key
            return "\(printable(revocation.name)): \(revocation.text); \(revocation.key.text)"
                + (mark ? "; added at run time" : "")
                + (revocation.absent == nil ? "" : "; not in clients.conf")
        }
        let added = state.clients.values.filter { $0.current?.addedKey != nil }
        for client in added.sorted(by: { $0.name < $1.name }) {
            guard let current = client.current, current.isEnabled, let key = current.addedKey,
                revocations.applying(to: client.name, key).isEmpty
            else { continue }
            lines.append("\(printable(client.name)): added at run time, not revoked; \(key.text)")
        }
        return lines.isEmpty ? ["no revocations"] : lines
    }

    private static func printable(_ name: ClientName) -> String {
        LogText.sanitized(name.text)
    }
}
