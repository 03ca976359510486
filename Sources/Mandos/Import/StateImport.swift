internal import CShims.Linux
internal import Reactor

/// `mandos --import-state`: makes what a Mandos server written in Python has saved the state of this
/// one.
@safe package final class StateImport {
    private let settings: ServerSettings
    private let clients: [ClientSettings]
    private let rejected: [ClientName]
    private let path: String
    private let sharedKeys: [SharedKey]
    private let pickled: PickledState
    private let pickleRecord: [UInt8]
    /// The state that is to be saved.
    private var state = SavedState()
    private var lines: [String] = []

    /// - Parameter path: of the file, which is called clients.pickle as a rule.
    /// - Returns: the exit status. What is done is told on standard output.
    package static func run(
        _ path: String, isDryRun: Bool, _ options: Options, program: String
    ) -> CInt {
        do throws(StartError) {
            Privileges.forbidCoreFile()
            let state = try StateImport(path, options)
            if let warning = try Privileges.drop() { complain([warning], program) }
            Privileges.forbidCoreFile()  // again, as another user
            try state.run(isDryRun: isDryRun)
            return 0
        } catch {
            complain(error.lines, program)
            return 1
        }
    }

    private static func complain(_ lines: [String], _ program: String) {
        for line in lines { StandardStream.printError("\(program): \(line)\n") }
    }

    /// Reads what only root may, by the rule of the reader: the directory of the state belongs to
    /// the server's user, who could put a link there.
    private init(_ path: String, _ options: Options) throws(StartError) {
        let directory = options.configDirectory ?? "/etc/mandos"
        self.path = path
        settings = try Self.settings(options)
        guard let rights = ReaderRights.borrowed() else {
            throw StartError("cannot become the server's user")
        }
        defer { precondition(rights.end()) }
        let files = ReaderFiles(rights, base: WorkingDirectory.current)
        let name = "\(directory)/clients.conf"
        let text = try Self.read(name, files)
        do throws(ConfigErrors) {
            let file = try ClientsFile(text, name: name, files: files, lookup: LinuxPathLookup())
            for error in file.errors { StandardStream.printError(error.text + "\n") }
            clients = file.clients
            rejected = file.rejected
            sharedKeys = file.sharedKeys
        } catch {
            throw StartError(error.errors.map { $0.text })
        }
        let contents = try Self.read(path, files)
        pickleRecord = contents.withSpan { StateFiles.pickleRecord(of: $0) }
        do throws(PickleError) {
            pickled = try PickledState(contents)
        } catch {
            throw StartError("\(path): \(error.text)")
        }
    }

    private static func settings(_ options: Options) throws(StartError) -> ServerSettings {
        do throws(ConfigErrors) {
            return try ServerSettings(options)
        } catch {
            throw StartError(error.errors.map { $0.text })
        }
    }

    private static func read(
        _ path: String, _ files: ReaderFiles
    ) throws(StartError) -> SensitiveBytes {
        do throws(FileError) {
            return try files.read(path)
        } catch {
            throw StartError("\(path): \(error.reason)")
        }
    }

    private func run(isDryRun: Bool) throws(StartError) {
        let store = SQLiteStore(
            directory: settings.stateDirectory, access: isDryRun ? .reading : .writing)
        store.isEmptyPickle = { _ in true }  // it is being taken over
        let now = WallTime.now()
        let existing: SavedState
        do throws(StateError) {
            existing = try store.load(searching: []) ?? SavedState()
        } catch {
            throw StartError(error.text)
        }
        if let damage = existing.damage {
            throw StartError("the saved state is damaged: \(damage)")
        }
        lines += existing.findings.map { $0.text }
        state = StateMerge(pickled.state, over: existing, sections: clients, now: now).state
        try takeSecrets()
        report(existing, stateKey: try key(of: store), now)
        for line in lines { StandardStream.print(line + "\n") }
        if isDryRun { return StandardStream.print("nothing was changed\n") }
        try save(to: store, now)
    }

    /// By which secrets of clients that were added are sealed.
    private func key(of store: SQLiteStore) throws(StartError) -> SharedSecret? {
        do throws(StateError) {
            return try store.key(isMade: false)
        } catch {
            throw StartError(error.text)
        }
    }

    private func save(to store: SQLiteStore, _ now: WallTime) throws(StartError) {
        var changes = StateChanges(time: now)
        changes.clients = Array(state.clients.values)
        changes.revocations = state.revocations
        do throws(StateError) {
            try store.save(changes) { changes }
        } catch {
            throw StartError(error.text)
        }
        recordPickle(in: store.files)
        store.close()
        StandardStream.print("saved in \(store.files.database)\n")
    }
}

// The pickle that was taken over.
extension StateImport {
    /// Without it, no more is lost than that the file may count as later after a copy.
    private func recordPickle(in files: StateFiles) {
        do throws(SystemError) {
            try files.writePickleRecord(pickleRecord)
        } catch {
            StandardStream.printError("\(files.pickleRecord): \(error.reason)\n")
        }
    }
}

// Secrets.
extension StateImport {
    private func takeSecrets() throws(StartError) {
        do throws(SystemError) {
            let gpg = try OpenPGPDecryption()
            for client in clients {
                guard let message = pickled.encryptedSecrets[client.name],
                    let current = state.clients[client.name]?.current, current.addedKey == nil
                else { continue }
                try takeSecret(message, of: client, gpg)
            }
        } catch {
            throw StartError("cannot decrypt secrets: \(error.text)")
        }
    }

    private func takeSecret(
        _ message: [UInt8], of client: ClientSettings, _ gpg: borrowing OpenPGPDecryption
    ) throws(SystemError) {
        let name = client.name
        switch try gpg.open(message, with: client.secret) {
        case .decrypted(let bytes):
            let secret = SharedSecret(bytes)
            if secret != client.secret { take(secret, for: client) }
        case .refused:
            lines.append(
                "client \(name.text): secret of clients.conf, which is another than when the file "
                    + "was saved")
        case .impossible:
            lines.append(
                "client \(name.text): secret of clients.conf, because there is no gpg to decrypt the "
                    + "one in the file")
        }
    }

    private func take(_ secret: SharedSecret, for client: ClientSettings) {
        let name = client.name
        let sealed = unsafe secret.withBytes { plain in
            unsafe client.secret.withBytes { key in
                unsafe key.isEmpty
                    ? nil : SealedBytes(sealing: plain, under: key, for: name.text)
            }
        }
        if sealed == nil {
            lines.append(
                "client \(name.text): secret of clients.conf, as none can be saved with it")
        }
        state.clients[name]?.current?.secret = sealed
    }
}

// What it means.
extension StateImport {
    private func report(_ existing: SavedState, stateKey: SharedSecret?, _ now: WallTime) {
        var input = RestorationInput(clients.map { SharedSettings($0) }, now: now)
        input.rejected = rejected
        input.sharedKeys = sharedKeys
        input.keptFor = settings.revocationsKept
        input.stateKey = stateKey
        let before = Self.descriptions(Restoration(input, saved: existing))
        let after = Restoration(input, saved: state)
        let changed = Self.descriptions(after)
        lines += after.lines.filter { $0.level >= .warning }.map { $0.text }
        for client in clients {
            let old = before[client.name] ?? Self.removed
            let new = changed[client.name] ?? Self.removed
            let differences = new.indices.filter { $0 >= old.count || new[$0] != old[$0] }
            guard !differences.isEmpty else { continue }
            lines.append(
                "client \(client.name.text): " + differences.map { new[$0] }.joined(separator: ", ")
            )
        }
        for name in after.kept.map({ $0.name }).sorted() {
            lines.append("client \(name.text): not in clients.conf")
        }
    }

    private static let removed = ["removed"]

    private static func descriptions(_ restoration: Restoration) -> [ClientName: [String]] {
        var descriptions: [ClientName: [String]] = [:]
        for record in restoration.records {
            let settings = record.settings
            let name = settings.name
            descriptions[name] = [
                record.start == .disabled ? "disabled" : "enabled",
                "host = \(settings.host)", "checker = \(settings.checker)",
                "timeout = \(settings.timeout.clockText)",
                "extended_timeout = \(settings.extendedTimeout.clockText)",
                "interval = \(settings.interval.clockText)",
                "approval_delay = \(settings.approvalDelay.clockText)",
                "approval_duration = \(settings.approvalDuration.clockText)",
                "approved_by_default = \(settings.isApprovedByDefault ? "True" : "False")",
                restoration.sealedSecrets[name] == nil
                    ? "secret of clients.conf" : "another secret than in clients.conf",
            ]
        }
        return descriptions
    }
}
