import Foundation
import Reactor
import Testing

@testable import Mandos

@Suite("The store of SQLite") struct SQLiteStoreTests {
    let scratch = ScratchDirectory()
    var directory: String { scratch.path("state") }

    func store(_ schema: SQLiteSchema = .current) -> SQLiteStore {
        SQLiteStore(directory: directory, schema: schema)
    }

    func changes(_ clients: SavedClient...) -> StateChanges { changes(clients) }

    func changes(_ clients: [SavedClient]) -> StateChanges {
        var changes = StateChanges(time: Saved.time)
        changes.clients = clients
        return changes
    }

    /// Everything is one client, or none.
    func save(_ client: SavedClient? = nil, to store: SQLiteStore) throws {
        var all = StateChanges(time: Saved.time)
        if let client { all.clients = [client] }
        try store.save(all) { all }
    }

    func load(
        _ names: String..., with schema: SQLiteSchema = .current
    ) throws -> SavedState? {
        let store = store(schema)
        defer { store.close() }
        return try store.load(searching: names.map { ClientName($0) })
    }

    func mode(_ name: String) throws -> UInt16 {
        var status = stat()
        try #require(lstat(directory + "/" + name, &status) == 0)
        return UInt16(status.st_mode & 0o7777)
    }

    @Test("gives back what was saved, whatever it is")
    func roundTrip() throws {
        let settings = Saved.settings("æ \u{0} 'name'", host: "")
        let everything = Saved.current {
            $0.changed = ClientValues(Saved.settings(host: "hôst"))
            $0.changed.isEnabled = nil
            $0.changed.timeout = .seconds(Int64(999_999_999) * 86_400)
            $0.changed.interval = .milliseconds(1)
            $0.secret = Saved.sealed("secret", under: settings)
            $0.liveness.lastApprovalRequest = WallTime(microseconds: -1)
        }
        let nothing = Saved.current {
            $0.isEnabled = false
            $0.lastEnabled = nil
            $0.liveness = Liveness()
        }
        let clients = [
            Saved.client(settings, everything), Saved.client(Saved.settings("b"), nothing),
            Saved.client(Saved.settings("c"), nil),
            SavedClient(
                name: ClientName("d"), configured: ClientValues(), current: Saved.current()),
        ]
        var all = StateChanges(time: Saved.time)
        all.clients = clients
        let store = store()
        try store.save(all) { all }
        store.close()
        let state = try #require(try load())
        #expect(state.clients.count == 4)
        for client in clients { #expect(state.clients[client.name] == client) }
        #expect(state.newest == Saved.time)
        #expect(state.damage == nil)
    }

    @Test("gives back revocations, and clients that were added or that clients.conf lacks")
    func revocations() throws {
        let key = ClientKey(
            keyID: KeyID(hex: String(repeating: "A1", count: 32)),
            fingerprint: Fingerprint(String(repeating: "F", count: 40)))
        var added = SavedClient(
            name: ClientName("added"), configured: nil,
            current: Saved.current { $0.addedKey = key })
        var absent = Saved.client(Saved.settings("absent"), nil)
        absent.configuredKey = key
        absent.absent = .seconds(86_400)
        let first = Revocation(
            ClientName("absent"), key, .removed, when: Saved.time, by: "uid 0 over D-Bus")
        var second = Revocation(
            ClientName("b"), ClientKey(keyID: nil, fingerprint: nil), .expired,
            when: Saved.time, by: "expiry")
        second.absent = .zero
        var all = changes(added, absent)
        all.revocations = [first, second]
        let store = store()
        try store.save(all) { all }
        var more = StateChanges(time: Saved.time)
        more.endedRevocations = [second.identity]
        added.current?.isEnabled = false
        more.clients = [added]
        try store.save(more) { fatalError("nothing has happened to the file") }
        store.close()
        let state = try #require(try load())
        #expect(state.clients[added.name] == added)
        #expect(state.clients[absent.name] == absent)
        #expect(state.revocations == [first])
    }

    @Test("begins with nothing, where nothing was saved")
    func empty() throws {
        #expect(try load() == nil)
        #expect(try load() == nil)
        #expect(scratch.names == ["state"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }

    @Test("the state of another version that nobody has imported is no state, unless it is empty")
    func pickle() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        try scratch.write("state/clients.pickle", [])
        #expect(try store().load(searching: []) == nil)
        try scratch.write("state/clients.pickle", [1])
        #expect(throws: StateError.notImported("\(directory)/clients.pickle")) {
            try store().load(searching: [])
        }
        let lenient = store()
        lenient.isEmptyPickle = { $0 == directory + "/clients.pickle" }
        #expect(try lenient.load(searching: []) == nil)
    }

    @Test("the key is made once, for the user alone, and nothing else is taken for one")
    func key() throws {
        #expect(try store().key(isMade: false) == nil)
        let key = try #require(try store().key(isMade: true))
        #expect(key.count == 32)
        #expect(try store().key(isMade: true) == key)
        #expect(try mode("clients.key") == 0o600)
        try scratch.write("state/clients.key", [1, 2, 3])
        #expect(throws: StateError.self) { try store().key(isMade: true) }
    }

    @Test("looking changes nothing, also while a server has the file")
    func peek() throws {
        func look() throws -> SavedState? {
            try SQLiteStore(directory: scratch.path("state"), access: .reading).load(searching: [])
        }
        #expect(try look() == nil)
        let owner = store()
        try save(Saved.client(), to: owner)
        #expect(try look()?.clients.count == 1)
        withExtendedLifetime(owner) {}
        owner.close()
        let before = try scratch.bytes("state/clients.db")
        #expect(try look()?.clients.count == 1)
        #expect(try scratch.bytes("state/clients.db") == before)
    }

    @Test("adds, replaces and drops")
    func increments() throws {
        let store = store()
        try save(Saved.client(), to: store)
        var second = changes(Saved.client(Saved.settings("b")), Saved.client(Saved.settings("c")))
        second.liveness = [(ClientName("web1"), Liveness())]
        try store.save(second) { fatalError("nothing has happened to the file") }
        var third = StateChanges(time: Saved.time + .seconds(1))
        third.dropped = [ClientName("b"), ClientName("never was")]
        third.clients = [Saved.client(Saved.settings("c"), nil)]
        try store.save(third) { fatalError("nothing has happened to the file") }
        store.close()
        let state = try #require(try load())
        #expect(state.clients.keys.map { $0.text }.sorted() == ["c", "web1"])
        #expect(state.clients[ClientName("web1")]?.current?.liveness == Liveness())
        #expect(state.clients[ClientName("c")]?.current == nil)
        #expect(state.newest == Saved.time + .seconds(1))
    }

    @Test("loading changes nothing")
    func loading() throws {
        let first = store()
        try save(Saved.client(), to: first)
        first.close()
        let before = try scratch.bytes("state/clients.db")
        #expect(try load() != nil)
        #expect(try scratch.bytes("state/clients.db") == before)
    }

    @Test("what is saved is there although nothing was closed")
    func crash() throws {
        let directory = directory
        try save(Saved.client(), to: store())
        let copy = ScratchDirectory()
        let store = store()
        _ = try store.load(searching: [])
        var changes = StateChanges(time: Saved.time)
        changes.clients = [Saved.client(Saved.settings(), nil)]
        try store.save(changes) { fatalError("nothing has happened to the file") }
        // As a crash would leave them.
        for name in ["clients.db", "revocations.log"] {
            try FileManager.default.copyItem(
                atPath: "\(directory)/\(name)", toPath: copy.path(name))
        }
        let other = SQLiteStore(directory: copy.path)
        #expect(try other.load(searching: [])?.clients[ClientName("web1")]?.current == nil)
        withExtendedLifetime(store) {}
    }

    @Test("nothing of a secret is in any file, neither of clients.conf nor of one given later")
    func secrecy() throws {
        let settings = Saved.settings(secret: "written-in-clients.conf")
        let client = Saved.client(
            settings,
            Saved.current { $0.secret = Saved.sealed("given-at-run-time", under: settings) })
        let store = store()
        try save(client, to: store)
        try save(client, to: store)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let bytes = try scratch.bytes("state/" + name)
            #expect(!bytes.isEmpty || name == "clients.db-journal")
            for secret in ["written-in", "clients.conf", "given-at", "run-time"] {
                #expect(bytes.firstRange(of: Array(secret.utf8)) == nil)
            }
        }
        withExtendedLifetime(store) {}
    }

    @Test("directory and files are for the user alone, whatever the umask, from the start")
    func modes() throws {
        let before = umask(0)
        defer { umask(before) }
        let store = store()
        try save(Saved.client(), to: store)
        #expect(try mode("") == 0o700)
        try save(Saved.client(), to: store)
        for name in ["clients.db", "clients.db-journal", "revocations.log"] {
            #expect(try mode(name) == 0o600)
        }
    }

    @Test("others who may write to the directory are told of")
    func openDirectory() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        chmod(directory, 0o777)
        let store = store()
        _ = try store.load(searching: [])
        #expect(
            store.takeNotes() == [
                "\(directory): others may write to it, and so undo what was saved there"
            ])
        #expect(store.takeNotes() == [])
    }

    @Test("a file of a later version is refused, and left alone")
    func newer() throws {
        let later = SQLiteSchema(steps: SQLiteSchema.current.steps + ["CREATE TABLE more (a);"])
        let first = store(later)
        try save(Saved.client(), to: first)
        first.close()
        let before = try scratch.bytes("state/clients.db")
        #expect(
            throws: StateError.newer(
                "\(directory)/clients.db: of version \(later.version), but this program knows none "
                    + "later than \(later.version - 1)")
        ) { try load() }
        #expect(try scratch.bytes("state/clients.db") == before)
    }

    @Test("a file of an earlier version becomes one of this version when it is written, or stays")
    func migration() throws {
        let first = store()
        try save(Saved.client(), to: first)
        first.close()
        let before = try scratch.bytes("state/clients.db")
        let steps = SQLiteSchema.current.steps
        let step = "ALTER TABLE client ADD COLUMN more INTEGER NOT NULL DEFAULT 0; "
        let broken = SQLiteSchema(steps: steps + [step + "CREATE TABLE client (a);"])
        #expect(throws: StateError.self) { try load(with: broken) }
        #expect(try load()?.clients.count == 1)
        let good = store(SQLiteSchema(steps: steps + [step]))
        #expect(try good.load(searching: [])?.clients[ClientName("web1")] == Saved.client())
        #expect(try scratch.bytes("state/clients.db") == before)
        try good.save(StateChanges(time: Saved.time)) { changes(Saved.client()) }
        good.close()
        #expect(throws: StateError.self) { try load() }
    }

    /// As version 1 left it when it was killed: what it had saved is in its log.
    private func makeVersion1() throws -> [String: [UInt8]] {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        try scratch.write("state/clients.db", [])
        let database = try SQLiteDatabase(directory + "/clients.db")
        try database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL")
        try database.transaction { () throws(SQLiteError) in
            try SQLiteSchema(steps: [SQLiteSchema.current.steps[0]]).migrate(database, from: 0)
            try database.execute(
                """
                INSERT INTO client (name, conf_enabled, removed, enabled, created)
                    VALUES ('off', 1, 0, 0, 5), ('gone', 1, 1, 0, 0), ('on', 1, 0, 1, 5);
                INSERT INTO liveness VALUES ('off', 7, NULL, NULL, 1, NULL),
                    ('gone', 7, NULL, NULL, -2, NULL), ('on', 7, 9, 6, 0, NULL);
                """)
        }
        let files = try contents()
        withExtendedLifetime(database) {}
        return files
    }

    func contents() throws -> [String: [UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try scratch.bytes("state/" + $0)) })
    }

    @Test("a file of version 1 is read with its log, and keeps both until it is written")
    func version1() throws {
        let files = try makeVersion1()
        #expect(files["clients.db-wal"]?.isEmpty == false)
        try FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        for (name, bytes) in files { try scratch.write("state/" + name, bytes) }
        let store = store()
        let state = try #require(try store.load(searching: []))
        #expect(state.clients[ClientName("off")]?.current?.isEnabled == false)
        #expect(state.clients[ClientName("gone")]?.current == nil)
        #expect(state.clients[ClientName("on")]?.current?.liveness.lastCheckerStatus == 0)
        #expect(state.findings == [] && state.damage == nil && state.isToBeSaved)
        #expect(try contents()["clients.db-wal"] == files["clients.db-wal"])
        let all = changes(Array(state.clients.values))
        try store.save(StateChanges(time: Saved.time)) { all }
        #expect(
            try contents().keys.sorted() == ["clients.db", "clients.db-journal", "revocations.log"])
        store.close()
        #expect(try contents().keys.sorted() == ["clients.db", "revocations.log"])
        #expect(try load()?.clients == state.clients)
    }

    @Test(
        "row 10: reading for a command writes nothing, whatever is there", arguments: [0, 1, 2, 3])
    func onlyReading(_ kind: Int) throws {
        if kind == 0 {
            let first = store()
            try save(Saved.client(), to: first)
            first.close()
        } else {
            let files = try makeVersion1()
            for (name, bytes) in files { try scratch.write("state/" + name, bytes) }
        }
        if kind == 2 {
            try scratch.write("state/clients.db", [1, 2, 3])
            try FileManager.default.removeItem(atPath: directory + "/clients.db-wal")
        }
        if kind == 3 { try FileManager.default.removeItem(atPath: directory + "/clients.db") }
        let before = try contents()
        let times = try before.keys.map { try modified($0) }
        chmod(directory, 0o500)
        let reader = SQLiteStore(directory: directory, access: .reading)
        let state = try #require(try reader.load(searching: []))
        reader.close()
        chmod(directory, 0o700)
        #expect((state.damage != nil) == (kind >= 2))
        #expect(try contents() == before)
        #expect(try before.keys.map { try modified($0) } == times)
    }

    private func modified(_ name: String) throws -> [Int] {
        var status = stat()
        try #require(lstat(directory + "/" + name, &status) == 0)
        return [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_ino)]
    }

    @Test("reading for a command works beside a server that has the file")
    func besideServer() throws {
        let server = store()
        try save(Saved.client(), to: server)
        let reader = SQLiteStore(directory: directory, access: .reading)
        #expect(try reader.load(searching: [])?.clients.count == 1)
        try save(Saved.client(), to: server)
        server.close()
    }

    @Test("a directory that disappears is made again, with everything in it")
    func removedDirectory() throws {
        let store = store()
        try save(Saved.client(), to: store)
        try FileManager.default.removeItem(atPath: directory)
        let all = changes(Saved.client(), Saved.client(Saved.settings("b")))
        try store.save(changes()) { all }
        store.close()
        #expect(try load()?.clients.count == 2)
    }
}
