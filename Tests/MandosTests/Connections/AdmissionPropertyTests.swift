import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

/// Random connections from random sources, against a model that counts one by one.
@Suite("Admission, in random traffic") struct AdmissionPropertyTests {
    private struct Model {
        struct Member {
            let source: Int
            var client: Int?
        }

        var members: [Int: Member] = [:]

        func strangers(of source: Int) -> Int {
            members.values.count { $0.source == source && $0.client == nil }
        }

        func held(by client: Int) -> Int { members.values.count { $0.client == client } }
        var clientCount: Int { members.values.count { $0.client != nil } }
        var heaviest: Int {
            Set(members.values.map { $0.source }).map { strangers(of: $0) }.max() ?? 0
        }
    }

    private func address(_ source: Int) -> SocketAddress {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: source >> (24 - 8 * $0)) }
        return SocketAddress(.ipv4, bytes: bytes)!
    }

    @Test(
        "never more than all places, shares and reserve kept, and only the heaviest give",
        arguments: [(8, 3), (40, 100), (100, 5), (64, 1)])
    func invariants(total: Int, sources: Int) {
        var random = SeededGenerator.fromEnvironment()
        let seed = random.seed
        var admission = Admission(Admission.Limits(total: total, perClient: 3))
        var model = Model()
        var now = Instant(nanoseconds: 0)

        func evict(_ eviction: Admission.Eviction) {
            let victim = model.members[eviction.place]
            switch eviction {
            case .pressure:
                // A connection of a stranger, whose source holds most.
                let held = victim.map { model.strangers(of: $0.source) } ?? 0
                #expect(victim?.client == nil, "seed \(seed)")
                #expect(held == model.heaviest, "seed \(seed)")
            case .shareOfClient: #expect(victim?.client != nil, "seed \(seed)")
            case .reserve: #expect(victim?.client != nil, "seed \(seed)")
            case .shareOfSource: Issue.record("there is no such share; seed \(seed)")
            }
            model.members[eviction.place] = nil
            admission.remove(eviction.place, at: now)
        }

        for _ in 0..<3000 {
            now = now + .milliseconds(Int.random(in: 0...300, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                while let eviction = admission.evictionForNewcomer(at: now) { evict(eviction) }
                let source = Int.random(in: 0..<sources, using: &random)
                let place = admission.add(from: address(source), at: now)
                #expect(model.members[place] == nil, "seed \(seed)")
                model.members[place] = Model.Member(source: source)
            case 5:
                if let place = model.members.keys.randomElement(using: &random) {
                    admission.queue(place, at: now)
                }
            case 6: _ = admission.nextTurn(at: now)
            case 7:
                guard let (place, member) = model.members.randomElement(using: &random),
                    member.client == nil
                else { continue }
                let client = Int.random(in: 0..<30, using: &random)
                let name = ClientName("machine\(client)")
                while let eviction = admission.eviction(for: name, at: now) { evict(eviction) }
                admission.identify(place, as: name, at: now)
                model.members[place]?.client = client
                #expect(model.held(by: client) <= 3, "seed \(seed)")
            case 8:
                let place = model.members.keys.randomElement(using: &random)
                let stages: [Admission.Stage] = [.leaving, .sending, .waiting]
                if let place, let stage = stages.randomElement(using: &random) {
                    admission.note(stage, of: place, at: now)
                }
            default:
                guard let place = model.members.keys.randomElement(using: &random) else { continue }
                model.members[place] = nil
                admission.remove(place, at: now)
            }
            #expect(admission.count == model.members.count, "seed \(seed)")
            #expect(admission.count <= total, "seed \(seed)")
            #expect(admission.clientCount == model.clientCount, "seed \(seed)")
            #expect(admission.clientCount <= admission.limits.clientsMax, "seed \(seed)")
        }
    }

    @Test(
        "a stalled handshake of an honest source is not dropped for others that come again and again",
        arguments: [50, 2000])
    func slowHandshake(sources: Int) {
        var random = SeededGenerator.fromEnvironment()
        let seed = random.seed
        var admission = Admission(Admission.Limits(total: 100))
        var now = Instant(nanoseconds: 0)
        var honest: Int?
        for round in 0..<20_000 {
            now = now + .microseconds(Int.random(in: 0...1000, using: &random))
            while let eviction = admission.evictionForNewcomer(at: now) {
                #expect(eviction.place != honest, "seed \(seed)")
                if eviction.place == honest { return }
                admission.remove(eviction.place, at: now)
            }
            // By then each of the sources has failed at least once.
            let isHonest = round == 10_000
            let source = isHonest ? sources : Int.random(in: 0..<sources, using: &random)
            let place = admission.add(from: address(source), at: now)
            if isHonest { honest = place }
            admission.queue(place, at: now)
            while admission.nextTurn(at: now) != nil {}
        }
    }

    @Test(
        "a decision looks at the first of a list, and hardly ever further, however many there are",
        arguments: [1, 64, 15_000])
    func cost(sources: Int) {
        var random = SeededGenerator.fromEnvironment()
        let places = 20_000
        var admission = Admission(Admission.Limits(total: places))
        let now = Instant(nanoseconds: 0)
        var decisions = 0
        for number in 0..<3 * places {
            while let eviction = admission.evictionForNewcomer(at: now) {
                admission.remove(eviction.place, at: now)
                decisions += 1
            }
            let source =
                number < places ? number % sources : Int.random(in: 0..<sources, using: &random)
            let place = admission.add(from: address(source), at: now)
            if Bool.random(using: &random) { admission.queue(place, at: now) }
            if Bool.random(using: &random) { _ = admission.nextTurn(at: now) }
        }
        #expect(decisions == 2 * places)
        #expect(admission.stepsInVain <= 2 * decisions)
    }
}
