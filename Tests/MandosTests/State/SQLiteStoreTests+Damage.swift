import Foundation
import Reactor
import Testing

@testable import Mandos

// Damage.
extension SQLiteStoreTests {
    private func saveMany(_ count: Int) throws -> [String] {
        let names = (0..<count).map { "client\($0)" }
        var all = StateChanges(time: Saved.time)
        all.clients = names.map {
            Saved.client(Saved.settings($0, host: String(repeating: "host", count: 50)))
        }
        let store = store()
        try store.save(all) { all }
        store.close()
        return names
    }

    static let ruins: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
        ("empty", { _ in [] }),
        ("text", { _ in Array("this is no database, but it is long enough to be one".utf8) }),
        ("half a header", { Array($0[..<50]) }),
        ("other header", { [UInt8](repeating: 0xFF, count: 100) + $0[100...] }),
        ("zeros", { [UInt8](repeating: 0, count: $0.count) }),
        ("cut", { Array($0[..<($0.count / 2)]) }),
        ("foreign", { $0[..<68] + [0, 0, 0, 0] + $0[72...] }),
    ]

    @Test(
        "what is damaged is said to be, marked, and put aside with the next save", arguments: ruins)
    func damage(_ ruin: (String, @Sendable ([UInt8]) -> [UInt8])) throws {
        let names = try saveMany(1)
        let damaged = ruin.1(try scratch.bytes("state/clients.db"))
        try scratch.write("state/clients.db", damaged)
        let store = store()
        let state = try #require(try store.load(searching: names.map { ClientName($0) }))
        #expect(state.damage?.hasPrefix("\(directory)/clients.db: ") == true)
        #expect(try mode("clients.db.damaged") == 0o600)
        #expect(try scratch.bytes("state/clients.db") == damaged)
        try save(Saved.client(), to: store)
        store.close()
        let aside = "clients.db.damaged-\(Saved.time.text.replacing(" ", with: "T"))"
        #expect(
            store.takeNotes() == [
                "\(directory)/clients.db: damaged, so put aside as \(directory)/\(aside)"
            ])
        #expect(try scratch.bytes("state/" + aside) == damaged)
        #expect(try load()?.damage == nil)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == [
                "clients.db", aside, "revocations.log",
            ])
    }

    /// A thousand clients, of which one page in the middle of the file cannot be read.
    private func saveManyAndDamage() throws -> [String] {
        let names = try saveMany(1000)
        var bytes = try scratch.bytes("state/clients.db")
        let page = 4096 * 20
        for index in page..<page + 4096 { bytes[index] = 0x5A }
        try scratch.write("state/clients.db", bytes)
        return names
    }

    @Test("of a file that is damaged in the middle, the rest is read")
    func remains() throws {
        let names = try saveManyAndDamage()
        let store = store()
        let state = try #require(try store.load(searching: names.map { ClientName($0) }))
        #expect(state.damage != nil)
        #expect((900..<1000).contains(state.clients.count))
        #expect(state.clients.values.allSatisfy { $0.current?.changed == ClientValues() })
    }

    @Test("of a damaged file, clients that clients.conf lacks are read, too, or named at least")
    func remainsOfAbsent() throws {
        let names = try saveManyAndDamage()
        let reader = SQLiteStore(directory: directory, access: .reading)
        let state = try #require(try reader.load(searching: []))
        #expect((900..<1000).contains(state.clients.count))
        #expect(state.lost.union(state.clients.keys) == Set(names.map { ClientName($0) }))
    }

    @Test("when the database is gone, the log names clients that no other file names")
    func lostNames() throws {
        var added = Saved.client(Saved.settings("added"))
        added.current?.addedKey = ClientKey(keyID: nil, fingerprint: Fingerprint("F0"))
        let first = store()
        _ = try first.load(searching: [])
        try save(Saved.client(), to: first)
        try first.save(changes(added)) { fatalError("nothing has happened to the file") }
        // Made anew, the log begins with it.
        try FileManager.default.removeItem(atPath: directory + "/revocations.log")
        let all = changes(Saved.client(), added)
        try first.save(StateChanges(time: Saved.time)) { all }
        first.close()
        try FileManager.default.removeItem(atPath: directory + "/clients.db")
        #expect(try load()?.lost == [ClientName("added")])
    }

    @Test("as long as there is no new one, a damaged file is not taken for a missing one")
    func interruptedRepair() throws {
        _ = try saveMany(1)
        try scratch.write("state/clients.db", [1, 2, 3])
        _ = try load()
        try FileManager.default.removeItem(atPath: directory + "/clients.db")
        #expect(try load()?.damage == "\(directory)/clients.db: a repair of it was not completed")
    }

    @Test("a journal without its file is damage, too")
    func orphanedJournal() throws {
        let first = store()
        try save(Saved.client(), to: first)
        first.close()
        for name in ["clients.db", "revocations.log"] {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
        try scratch.write("state/clients.db-journal", [1, 2, 3])
        #expect(
            try load()?.damage == "\(directory)/clients.db: it is missing, but its journal is there"
        )
    }
}
