import Foundation
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// How much is written where writing wears something out.
@Suite("Wear") struct WearTests {
    /// Bytes that this thread has given to write(2) and the like.
    private static func bytesWritten() throws -> Int {
        let text = try String(contentsOfFile: "/proc/thread-self/io", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("wchar: ") })
        return try #require(Int(line.dropFirst("wchar: ".count)))
    }

    @Test(
        "a day in which all are well costs 1.6 megabytes, and 16 KB for each client",
        arguments: [1, 100])
    func idleDay(_ count: Int) throws {
        let scratch = ScratchDirectory()
        let kernel = try SimulatedKernel()
        let loop = EventLoop(kernel: kernel)
        let log = Log(threshold: .critical, sinks: [])
        let keeper = StateKeeper(
            SQLiteStore(directory: scratch.path), on: loop, log: log, interval: .seconds(900))
        let clients = (0..<count).map { Saved.settings("machine\($0).example.org") }
        let records = try keeper.restore(clients, rejected: [], isIgnoring: false)
        var policy = CheckerPolicy()
        policy.delay = { _ in .seconds(1_000_000) }  // here, somebody else sees that they are well
        let registry = ClientRegistry(records, on: loop, log: log, checkers: policy)
        registry.start()
        keeper.follow(registry)
        try loop.turn()

        let before = try Self.bytesWritten()
        for _ in 0..<720 {  // every two minutes
            let start = loop.now
            let timer = loop.timer(after: .seconds(120)) {}
            while loop.now < start + .seconds(120) { try loop.turn() }
            for client in clients { registry.noteCheckedOK(client.name) }
            _ = consume timer
        }
        keeper.stop()
        let written = try Self.bytesWritten() - before
        print("\(count) clients, 24 idle hours: \(written) bytes written")
        #expect(written > 0 && written <= 1_600_000 + count * 16_000)
        registry.stop(within: .zero)
    }
}
