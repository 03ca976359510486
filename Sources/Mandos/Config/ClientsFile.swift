/// clients.conf, read: whom the server serves. A client with an error is left out, the others are
/// served.
package struct ClientsFile {
    /// In the order of the file. No two of them have the same key.
    package let clients: [ClientSettings]
    /// What is wrong with the sections that were left out, in the order of the file.
    package let errors: [ConfigError]
    /// What is odd about sections that are served.
    package let notes: [ConfigError]
    /// Sections left out, in the order of the file.
    package let rejected: [ClientName]
    /// Those of them that are left out because they have the same key.
    package let sharedKeys: [SharedKey]

    /// Reads the text of clients.conf, and the files that it names.
    ///
    /// - Throws: when the text as a whole is not in the form of such a file. Then none of it
    ///   counts.
    package init(
        _ text: consuming SensitiveBytes, name: String, files: any SecretFileReader,
        lookup: any PathLookup
    ) throws(ConfigErrors) {
        let isCutOff = text.withSpan { !$0.isEmpty && $0[$0.count - 1] != UInt8(ascii: "\n") }
        let file = try INIFile(text, name: name)
        var collector = Collector()
        if isCutOff {
            collector.note(
                Place(file: name),
                "does not end with a line feed, so its end may be missing, and with it what "
                    + "would keep a client from its secret")
        }
        let keys = ClientKeys(in: file)
        for section in file.sections {
            var client = ClientSection(
                section, of: file, keys: keys, files: files, paths: PathExpansion(lookup: lookup))
            let settings = client.settings()
            collector.take(settings, from: client, at: Int(section.line))
        }
        collector.rejectSharedKeys()
        collector.checkPaths()
        clients = collector.clients
        errors = collector.errors.sorted { $0.place.line < $1.place.line }
        notes = collector.notes + UnusedOptions(of: file, known: ClientKeys.namesExpected).notes
        rejected = collector.rejected
        sharedKeys = collector.sharedKeys
    }
}

/// Puts together what the sections say, and sees what is wrong between them.
private struct Collector {
    private(set) var clients: [ClientSettings] = []
    private(set) var errors: [ConfigError] = []
    private(set) var notes: [ConfigError] = []
    private(set) var rejected: [ClientName] = []

    /// A mistake in `[DEFAULT]` is found in every section, and told once.
    private var knownErrors: Set<ConfigError> = []
    private(set) var sharedKeys: [SharedKey] = []
    private var ownersOfKeyIDs: [KeyID: ClientName] = [:]
    private var ownersOfFingerprints: [Fingerprint: ClientName] = [:]
    /// Sections that have the key of an earlier one, and those: nobody can know which is meant.
    private var sharing: Set<ClientName> = []
    private var places: [ClientName: Place] = [:]

    mutating func take(_ settings: ClientSettings?, from section: ClientSection, at line: Int) {
        for error in section.reader.errors where knownErrors.insert(error).inserted {
            errors.append(error)
        }
        guard let settings else { return rejected.append(section.name) }
        notes += section.notes
        let place = Place(
            file: section.reader.scope.file.name, line: line, section: settings.name.text)
        checkKey(of: settings, at: place)
        places[settings.name] = place
        clients.append(settings)
    }

    private mutating func checkKey(of client: ClientSettings, at place: Place) {
        if let keyID = client.keyID {
            if let owner = ownersOfKeyIDs[keyID] {
                share("key ID", client.name, place, owner)
            } else {
                ownersOfKeyIDs[keyID] = client.name
            }
        }
        if let fingerprint = client.knownFingerprint {
            if let owner = ownersOfFingerprints[fingerprint] {
                share("fingerprint", client.name, place, owner)
            } else {
                ownersOfFingerprints[fingerprint] = client.name
            }
        }
    }

    /// Once for each two sections, with both places.
    private mutating func share(
        _ what: StaticString, _ name: ClientName, _ place: Place, _ owner: ClientName
    ) {
        let ownerPlace = places[owner] ?? Place(file: place.file)
        errors.append(
            ConfigError(
                place: place,
                problem: "has the same \(what) as \(ownerPlace.text) neither is served"))
        sharing.formUnion([name, owner])
    }

    /// When all sections are known.
    mutating func rejectSharedKeys() {
        guard !sharing.isEmpty else { return }
        for client in clients where sharing.contains(client.name) {
            sharedKeys.append(SharedKey(client.name, ClientKey(client)))
            rejected.append(client.name)
        }
        clients.removeAll { sharing.contains($0.name) }
    }

    /// Scripts may rely on paths, so nobody should be surprised by one.
    mutating func checkPaths() {
        let paths = ObjectPaths(clients.map { $0.name })
        for client in clients {
            let usual = "\(ObjectPaths.parent)/\(client.name.pathElement)"
            guard let path = paths[client.name], path != usual, let owner = paths.name(at: usual)
            else { continue }
            note(
                places[client.name] ?? Place(file: ""),
                "is \(path) on D-Bus, because [\(owner.text)] is \(usual)")
        }
    }

    mutating func note(_ place: Place, _ problem: String) {
        notes.append(ConfigError(place: place, problem: problem))
    }
}
