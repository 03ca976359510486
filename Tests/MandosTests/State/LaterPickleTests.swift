import Foundation
import Reactor
import Testing

@testable import Mandos

@Suite("Later state of a server in Python") struct LaterPickleTests {
    private let scratch = ScratchDirectory()
    private var directory: String { scratch.path("state") }

    private func store() -> SQLiteStore { SQLiteStore(directory: directory) }

    private func load() throws -> SavedState? {
        let store = store()
        defer { store.close() }
        return try store.load(searching: [])
    }

    @Test("is noticed if nobody has taken it over")
    func laterPickle() throws {
        let first = store()
        let all = StateChanges(time: Saved.time)
        try first.save(all) { all }
        first.close()
        let pickle = directory + "/clients.pickle"
        try scratch.write("state/clients.pickle", [1, 2, 3])
        for name in ["clients.db", "revocations.log"] {
            try setTime(of: name, 1000)
            try setTime(of: "clients.pickle", 999)
            #expect(try load()?.laterPickle == nil)
            try setTime(of: "clients.pickle", 1001)
        }
        #expect(try load()?.laterPickle == pickle)
        try setTime(of: "clients.db", 1002)
        #expect(try load()?.laterPickle == nil)
        try setTime(of: "clients.db", 1000)
        let lenient = store()
        lenient.isEmptyPickle = { _ in true }
        #expect(try lenient.load(searching: [])?.laterPickle == nil)
        lenient.close()
        let files = StateFiles(directory: directory)
        try files.writePickleRecord(StateFiles.pickleRecord(of: [1, 2, 3].span))
        #expect(try load()?.laterPickle == nil)
        try files.writePickleRecord(StateFiles.pickleRecord(of: [1, 2, 4].span))
        let state = try load()
        #expect(state?.laterPickle == pickle && state?.problems.count == 1)
    }

    private func setTime(of name: String, _ seconds: Int) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: TimeInterval(seconds))],
            ofItemAtPath: "\(directory)/\(name)")
    }
}
