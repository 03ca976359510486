import Foundation
import ReactorSimulation
import Testing

/// With the state of real clients in a real directory, in processes that die.
@Suite("A crash", .serialized) final class CrashTests {
    /// Of each kind: `make check-long` wants more.
    private static let rounds =
        ProcessInfo.processInfo.environment["CRASH_ROUNDS"].flatMap { Int($0) } ?? 200

    private let directory: TemporaryDirectory
    private let state: String
    private var random: SeededGenerator

    init() throws {
        directory = try TemporaryDirectory()
        state = try directory.makeDirectory("state")
        random = .fromEnvironment()
    }

    @Test("at any moment loses nothing that was confirmed, and invents nothing")
    func killed() throws {
        defer { directory.remove() }
        var model = CrashModel()
        for number in 0..<Self.rounds {
            try sometimesRemoveState(&model)
            let round = try CrashRound.run(
                plan(), directory: state,
                clients: directory.write("clients.conf", model.clientsFile.utf8))
            try check(round, &model, number)
        }
    }

    @Test("by a loss of power loses nothing that was confirmed, whatever was not on the disk yet")
    func powerLoss() throws {
        defer { directory.remove() }
        var model = CrashModel()
        for number in 0..<Self.rounds {
            try sometimesRemoveState(&model)
            var plan = plan()
            plan.killAfter = nil
            plan.trace = directory.path + "/trace"
            var disk = DiskModel(try contents())
            let round = try CrashRound.run(
                plan, directory: state,
                clients: directory.write("clients.conf", model.clientsFile.utf8))
            try disk.follow(takeTrace(plan))
            try replaceContents(disk.afterPowerLoss(using: &random))
            try check(round, &model, number)
        }
    }

    @Test("during the repair of a damaged file leaves nobody enabled", arguments: [false, true])
    func repair(_ losesPower: Bool) throws {
        defer { directory.remove() }
        let clients = try directory.write("clients.conf", CrashModel().clientsFile.utf8)
        var plan = CrashRound.Plan()
        plan.actionCount = 0
        for killAt in 1... {
            let ruin = ["clients.db": Array("ruined".utf8)]
            try replaceContents(ruin)
            plan.killAt = killAt
            plan.trace = directory.path + "/trace"
            let first = try CrashRound.run(plan, directory: state, clients: clients)
            if losesPower {
                var disk = DiskModel(ruin)
                try disk.follow(takeTrace(plan))
                try replaceContents(disk.afterPowerLoss(using: &random))
            } else {
                _ = try takeTrace(plan)
            }
            plan.killAt = 0
            plan.trace = ""
            let second = try CrashRound.run(plan, directory: state, clients: clients)
            let start = try #require(second.start, "TEST_SEED=\(random.seed)")
            #expect(
                start.values.allSatisfy { $0[0] == "disabled" },
                "killed at \(killAt), TEST_SEED=\(random.seed)")
            if first.hasEnded { return }
        }
    }

    private func sometimesRemoveState(_ model: inout CrashModel) throws {
        guard Int.random(in: 0..<20, using: &random) == 0 else { return }
        try replaceContents([:])
        model.forget()
    }

    private func takeTrace(_ plan: CrashRound.Plan) throws -> [UInt8] {
        defer { try? FileManager.default.removeItem(atPath: plan.trace) }
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: plan.trace)))
    }

    private func check(
        _ round: CrashRound, _ model: inout CrashModel, _ number: Int
    ) throws {
        let before = model.candidates
        let isPossible = model.follow(round)
        try #require(
            isPossible,
            """
            round \(number), TEST_SEED=\(random.seed): began with \(round.start ?? [:]), \
            after one of \(before.suffix(5)): \(round.log)
            """)
        #expect(!round.log.contains { $0.contains("damaged") }, "TEST_SEED=\(random.seed)")
    }

    private func plan() -> CrashRound.Plan {
        var plan = CrashRound.Plan(seed: random.next())
        plan.actionCount = Int.random(in: 0...40, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: plan.killAt = Int.random(in: 1...250, using: &random)
        case 5..<7: plan.killAfter = UInt32.random(in: 0...40_000, using: &random)
        case 7..<9:
            plan.failAt = Int.random(in: 1...150, using: &random)
            plan.failCount = Int.random(in: 1...20, using: &random)
            plan.failCode = [ENOSPC, EIO, EROFS].randomElement(using: &random)!
            plan.killAt = Int.random(in: 1...400, using: &random)
        default: break
        }
        return plan
    }

    private func contents() throws -> [String: [UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: state)
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, [UInt8](try Data(contentsOf: URL(fileURLWithPath: state + "/" + $0))))
            })
    }

    private func replaceContents(_ contents: [String: [UInt8]]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: state) {
            try FileManager.default.removeItem(atPath: state + "/" + name)
        }
        for (name, bytes) in contents { try directory.write("state/" + name, bytes) }
    }
}
