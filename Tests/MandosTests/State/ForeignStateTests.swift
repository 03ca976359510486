import Foundation
import Reactor
import Testing

@testable import Mandos

/// Files that another puts in place of those of a server, while it runs.
@Suite("A state directory that is not this server's alone") struct ForeignStateTests {
    private let scratch = ScratchDirectory()
    private var directory: String { scratch.path("state") }
    private let foo = Revocation(
        ClientName("foo"), ClientKey(keyID: nil, fingerprint: nil), .disabled, when: Saved.time,
        by: "uid 0 over D-Bus")
    private let bar = Revocation(
        ClientName("bar"), ClientKey(keyID: nil, fingerprint: nil), .removed, when: Saved.time,
        by: "uid 0 over D-Bus")

    private func store() -> SQLiteStore { SQLiteStore(directory: directory) }

    private func changes(_ second: Int64, _ revocations: Revocation...) -> StateChanges {
        var changes = StateChanges(time: Saved.time + .seconds(second))
        changes.clients = [Saved.client(Saved.settings("web1", host: "host\(second)"))]
        changes.revocations = revocations
        return changes
    }

    private func loaded() throws -> SavedState {
        let store = store()
        defer { store.close() }
        return try #require(try store.load(searching: []))
    }

    private func names(_ state: SavedState) -> [String] {
        state.revocations.map { $0.name.text }.sorted()
    }

    private func copy(_ name: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: scratch.path(target))
        try FileManager.default.copyItem(
            atPath: scratch.path(name), toPath: scratch.path(target))
    }

    /// A server that has saved once, and a copy of its files beside it.
    private func begin() throws -> SQLiteStore {
        let store = store()
        #expect(try store.load(searching: []) == nil)
        try store.save(changes(1)) { changes(1) }
        try copy("state", to: "older")
        return store
    }

    @Test("an older copy of the database is not gone on with, and takes nothing back")
    func olderDatabase() throws {
        let store = try begin()
        try store.save(changes(2, foo)) { fatalError("nothing has happened to the file") }
        try copy("older/clients.db", to: "state/clients.db")
        var all: StateChanges { changes(3, foo) }
        try store.save(changes(3)) { all }
        let found = store.takeForeign()
        #expect(found.lines.map { $0.level } == [.critical])
        #expect(found.lines.first?.text.contains("written (save 2, of ") == true)
        #expect(found.lines.first?.text.contains("but save 1, of ") == true)
        try store.save(changes(4)) { fatalError("nothing has happened to the file") }
        #expect(store.takeForeign().lines == [])
        store.close()
        let state = try loaded()
        #expect(names(state) == ["foo"] && state.problems == [])
        #expect(state.clients[ClientName("web1")]?.configured?.host == "host4")
    }

    @Test("an older copy of the whole directory takes nothing back, either")
    func olderDirectory() throws {
        let store = try begin()
        try store.save(changes(2, foo)) { fatalError("nothing has happened to the file") }
        try FileManager.default.moveItem(atPath: directory, toPath: scratch.path("newer"))
        try FileManager.default.moveItem(atPath: scratch.path("older"), toPath: directory)
        try store.save(changes(3)) { changes(3, foo) }
        #expect(store.takeForeign().lines.count == 1)
        store.close()
        let state = try loaded()
        #expect(names(state) == ["foo"] && state.problems == [])
    }

    @Test("a database that cannot be written at first is still known to be an older copy")
    func olderAndUnwritable() throws {
        let store = try begin()
        try store.save(changes(2, foo)) { fatalError("nothing has happened to the file") }
        try copy("older/clients.db", to: "state/clients.db")
        try FileManager.default.removeItem(atPath: directory + "/revocations.log")
        mkdir(directory + "/revocations.log", 0o700)
        for _ in 1...2 {
            #expect(throws: StateError.self) { try store.save(changes(3)) { changes(3, foo) } }
        }
        rmdir(directory + "/revocations.log")
        try store.save(changes(3)) { changes(3, foo) }
        store.close()
        #expect(names(try loaded()) == ["foo"])
    }

    @Test("what another server has revoked is revoked, and handed over")
    func foreign() throws {
        let store = try begin()
        try store.save(changes(2, foo)) { fatalError("nothing has happened to the file") }
        let other = SQLiteStore(directory: scratch.path("older"))
        _ = try other.load(searching: [])
        try other.save(changes(9, bar)) { changes(9, bar) }
        other.close()
        try copy("older/clients.db", to: "state/clients.db")
        try store.save(changes(3)) { changes(3, foo) }
        #expect(store.takeForeign().revocations.contains(bar))
        store.close()
        let state = try loaded()
        #expect(names(state) == ["bar", "foo"] && state.problems == [])
        #expect(state.clients[ClientName("web1")]?.configured?.host == "host3")
    }

    @Test("what appears where there was nothing is not overwritten unread")
    func appearing() throws {
        let store = store()
        #expect(try store.load(searching: []) == nil)
        let other = SQLiteStore(directory: scratch.path("other"))
        try other.save(changes(9, bar)) { changes(9, bar) }
        other.close()
        try copy("other/clients.db", to: "state/clients.db")
        try store.save(changes(1, foo)) { changes(1, foo) }
        #expect(store.takeForeign().lines.map { $0.level } == [.critical])
        #expect(names(try look()) == ["bar", "foo"])
        store.close()
    }

    @Test("nor is a log that is not the one that this server has left")
    func foreignLog() throws {
        let store = try begin()
        let other = SQLiteStore(directory: scratch.path("other"))
        try other.save(changes(9, bar)) { changes(9, bar) }
        other.close()
        try copy("other/revocations.log", to: "state/revocations.log")
        try store.save(changes(2, foo)) { changes(2, foo) }
        #expect(store.takeForeign().revocations == [bar])
        #expect(names(try look()) == ["bar", "foo"])
        try store.save(changes(3)) { changes(3, foo, bar) }
        store.close()
        let state = try loaded()
        #expect(names(state) == ["bar", "foo"] && state.problems == [])
    }

    private func look() throws -> SavedState {
        let reader = SQLiteStore(directory: scratch.path("state"), access: .reading)
        return try #require(try reader.load(searching: []))
    }

    @Test("a damaged file in its place is put aside, and what it still says of revocations counts")
    func damaged() throws {
        let store = try begin()
        try store.save(changes(2, foo)) { fatalError("nothing has happened to the file") }
        var bytes = try scratch.bytes("older/clients.db")
        bytes[bytes.count - 3] ^= 1
        try FileManager.default.removeItem(atPath: directory + "/clients.db")
        try scratch.write("state/clients.db", bytes)
        try store.save(changes(3)) { changes(3, foo) }
        #expect(store.takeForeign().lines.first?.text.contains("and damaged: ") == true)
        #expect(store.takeNotes().first?.contains("put aside as") == true)
        store.close()
        #expect(names(try loaded()) == ["foo"])
    }

    @Test("a save that was not finished is not taken for that of another")
    func unfinished() throws {
        let store = try begin()
        try FileManager.default.removeItem(atPath: directory + "/revocations.log")
        mkdir(directory + "/revocations.log", 0o700)
        #expect(throws: StateError.self) {
            try store.save(changes(2, foo)) { changes(2, foo) }
        }
        rmdir(directory + "/revocations.log")
        try store.save(changes(2, foo)) { changes(2, foo) }
        #expect(store.takeForeign().lines == [])
        store.close()
        #expect(names(try loaded()) == ["foo"])
    }

    @Test("a save that is in the file although it failed is known after another failure, too")
    func failedTwice() throws {
        let store = try begin()
        let before = store.lastSeen
        try store.save(changes(2, foo)) { changes(2, foo) }
        // As if its end had not been heard of, and the next had been rolled back.
        store.attempted = store.mark
        store.lastSeen = before
        store.letGo()
        #expect(try store.reopen() == true)
        store.attempted = store.mark?.next(at: Saved.time + .seconds(3))
        store.letGo()
        try store.save(changes(4)) { changes(4) }
        #expect(store.takeForeign().lines == [])
        store.close()
        #expect(names(try loaded()) == [])
    }

    @Test("a second server cannot have it, from before there is anything in it until it is closed")
    func lock() throws {
        let first = store()
        #expect(try first.load(searching: []) == nil)
        let inUse = StateError.inUse("\(directory): in use by another server")
        #expect(throws: inUse) { try store().load(searching: []) }
        try first.save(changes(1)) { changes(1) }
        try FileManager.default.removeItem(atPath: directory + "/clients.db")
        #expect(throws: inUse) { try store().load(searching: []) }
        #expect(try SQLiteStore(directory: directory, access: .reading).load(searching: []) != nil)
        try first.save(changes(1)) { changes(1) }
        first.close()
        #expect(try loaded().clients.count == 1)
    }

    @Test("a directory that is put in its place is locked, too, before anything is written")
    func replacedDirectory() throws {
        let first = try begin()
        try FileManager.default.moveItem(atPath: directory, toPath: scratch.path("newer"))
        let second = store()
        #expect(try second.load(searching: []) == nil)
        #expect(throws: StateError.inUse("\(directory): in use by another server")) {
            try first.save(changes(2)) { changes(2) }
        }
        second.close()
        try first.save(changes(2)) { changes(2) }
        #expect(throws: StateError.self) { try second.load(searching: []) }
        first.close()
    }

    @Test("a directory that can only be read is locked all the same")
    func readOnly() throws {
        try begin().close()
        chmod(directory, 0o500)
        defer { chmod(directory, 0o700) }
        let first = store()
        #expect(try first.load(searching: []) != nil)
        #expect(throws: StateError.self) { try store().load(searching: []) }
        first.close()
    }
}
