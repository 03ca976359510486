import Foundation
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// Takes the files of a server in which clients were disabled, removed, added and changed, does one
/// thing to one file, and lets a server begin with that. `EVERY_DAMAGE=1` does every one of them.
@Suite("Every single damage") final class DamageTests {
    private typealias Files = [String: [UInt8]]

    private enum Change {
        case byte(Int, mask: UInt8)
        case length(Int)
        case missing
        case older([UInt8])
    }

    private static let isComplete =
        ProcessInfo.processInfo.environment["EVERY_DAMAGE"] == "1"
    /// A sample takes one of so many places; a prime, so that it meets all parts of a page.
    private static let stride = isComplete ? 1 : 211
    private static let masks: [UInt8] = [0x01, 0x80, 0xFF]
    private static let lengthStep = isComplete ? 64 : 1024
    private static let revoked: Set = ["disabled", "removed", "passing"]
    /// Of clients.conf, or added and not removed.
    private static let known: Set = [
        "disabled", "removed", "changed", "well", "other1", "other2", "other3", "added",
    ]

    private let scratch = ScratchDirectory()
    private var directory: String { scratch.path("state") }
    private var counts: [String: Int] = [:]
    private var failures: [String] = []

    private static func settings(_ name: String, _ number: Int) -> ClientSettings {
        ClientSettings(
            name: ClientName(name), keyID: KeyID(hex: String(repeating: "A\(number)", count: 32)),
            keyIDText: "", fingerprint: "", secret: Saved.settings().secret, host: "host",
            checker: ":", timeout: .seconds(86_400), extendedTimeout: .seconds(900),
            interval: .seconds(120), approvalDelay: .zero, approvalDuration: .seconds(1),
            isApprovedByDefault: true, isEnabled: true)
    }

    private static let names = [
        "disabled", "removed", "changed", "well", "other1", "other2", "other3",
    ]
    private static var clients: [ClientSettings] { names.enumerated().map { settings($1, $0) } }

    /// One start; `body` gets the clients.
    private func start(
        _ body: (ClientRegistry, EventLoop) throws -> Void = { _, _ in }
    ) throws -> (records: [ClientRecord], lines: [String]) {
        let sink = RecordingSink()
        let loop = EventLoop(kernel: try SimulatedKernel())
        let log = Log(threshold: .warning, sinks: [sink])
        let store = SQLiteStore(directory: directory)
        let keeper = StateKeeper(store, on: loop, log: log, interval: .seconds(900))
        let records = try keeper.restore(Self.clients, rejected: [], isIgnoring: false)
        var policy = CheckerPolicy()
        policy.delay = { _ in .seconds(1_000_000) }
        let registry = ClientRegistry(records, on: loop, log: log, checkers: policy)
        registry.start()
        keeper.follow(registry)
        loop.later {}
        try loop.turn()
        try body(registry, loop)
        loop.later {}
        try loop.turn()
        registry.stop(within: .zero)
        keeper.stop()
        return (records, sink.lines)
    }

    private func contents() throws -> Files {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try scratch.bytes("state/" + $0)) })
    }

    private func replaceContents(_ files: Files) throws {
        if FileManager.default.fileExists(atPath: directory) {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                try FileManager.default.removeItem(atPath: directory + "/" + name)
            }
        }
        for (name, bytes) in files { try scratch.write("state/" + name, bytes) }
    }

    /// As five minutes ago, and now.
    private func makeFiles() throws -> (before: Files, now: Files) {
        _ = try start { registry, _ in _ = try add("passing", 8, to: registry) }
        let before = try contents()
        _ = try start { registry, _ in
            _ = try add("added", 9, to: registry)
            registry.change(.host("elsewhere"), of: ClientName("changed"))
            registry.disable(ClientName("disabled"), reason: "by request")
            registry.remove(ClientName("removed"))
            registry.remove(ClientName("passing"))
        }
        return (before, try contents())
    }

    private func add(_ name: String, _ number: Int, to registry: ClientRegistry) throws {
        try registry.add(Self.settings(name, number))
    }

    private func changes(_ bytes: [UInt8], older: [UInt8]?) -> [Change] {
        var changes: [Change] = [.missing]
        if let older, older != bytes { changes.append(.older(older)) }
        for length in Swift.stride(from: 0, to: bytes.count, by: Self.lengthStep) {
            changes.append(.length(length))
        }
        var next = 0
        for index in bytes.indices {
            for mask in Self.masks {
                if next % Self.stride == 0 { changes.append(.byte(index, mask: mask)) }
                next += 1
            }
        }
        return changes
    }

    private func apply(_ change: Change, to name: String, of files: Files) -> Files {
        var files = files
        switch change {
        case .byte(let index, let mask): files[name]![index] ^= mask
        case .length(let length): files[name]!.removeLast(files[name]!.count - length)
        case .missing: files[name] = nil
        case .older(let bytes): files[name] = bytes
        }
        return files
    }

    private func kind(_ change: Change) -> String {
        switch change {
        case .byte: "bytes changed"
        case .length: "truncated"
        case .missing: "missing"
        case .older: "of five minutes ago"
        }
    }

    @Test("row 2: gives nobody back his trust in silence, and stops no server without a reason")
    func everyDamage() throws {
        let (before, now) = try makeFiles()
        let whole = try start()
        let enabled = Set(whole.records.filter { $0.start != .disabled }.map { $0.name })
        #expect(enabled.isDisjoint(with: Self.revoked), "undamaged, these are trusted: \(enabled)")
        for (name, bytes) in now.sorted(by: { $0.key < $1.key }) {
            for change in changes(bytes, older: before[name]) {
                try replaceContents(apply(change, to: name, of: now))
                let outcome = outcome("\(name): \(change)")
                counts["\(name): \(kind(change)): \(outcome)", default: 0] += 1
            }
        }
        for (what, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(what)") }
        print(
            "\(counts.values.reduce(0, +)) damages of \(now.count) files "
                + "(\(now.values.reduce(0) { $0 + $1.count }) bytes), \(failures.count) failures")
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    private func outcome(_ description: String) -> String {
        do {
            let (records, lines) = try start()
            for record in records where record.start != .disabled {
                let name = record.name
                if !Self.known.contains(name) && !Self.revoked.contains(name) {
                    failures.append("\(description): serves \(name)")
                }
                if Self.revoked.contains(name), !lines.contains(where: { $0.contains(name) }) {
                    failures.append("\(description): trusts \(name), and says \(lines)")
                }
            }
            let trusted = records.filter {
                $0.start != .disabled && Self.revoked.contains($0.name)
            }
            let end =
                trusted.isEmpty ? "nobody revoked is trusted" : "those trusted again are named"
            return lines.isEmpty ? "no effect" : "told, " + end
        } catch let error as StateError {
            if error.text.isEmpty { failures.append("\(description): refused without a reason") }
            return "refused with a reason"
        } catch {
            failures.append("\(description): \(error)")
            return "failed"
        }
    }
}

extension ClientRecord {
    fileprivate var name: String { settings.name.text }
}
