import Reactor
import Testing

@testable import Mandos

@Suite("Admission") struct AdmissionTests {
    private let start = Instant(nanoseconds: 0)
    private let here = SocketAddress.loopback(.ipv4, port: 1)
    private let there = SocketAddress.loopback(.ipv6, port: 1)
    private let client = ClientName("machine")

    private func admission(
        _ total: Int, perSource: Int? = nil, perClient: Int = 4
    ) -> Admission {
        Admission(Admission.Limits(total: total, perSource: perSource, perClient: perClient))
    }

    private func address(_ number: Int) -> SocketAddress {
        SocketAddress(
            .ipv4, bytes: (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) })!
    }

    private func network(_ site: Int, _ subnet: Int) -> SocketAddress {
        var bytes = [UInt8](repeating: 1, count: 16)
        (bytes[0], bytes[1], bytes[5]) = (0x20, 0x01, UInt8(site))
        (bytes[6], bytes[7]) = (UInt8(subnet >> 8), UInt8(subnet & 255))
        return SocketAddress(.ipv6, bytes: bytes)!
    }

    /// Begins the handshake of all that have sent their line.
    private func begin(_ places: [Int], in admission: inout Admission, at now: Instant) {
        for place in places { admission.queue(place, at: now) }
        while admission.nextTurn(at: now) != nil {}
    }

    /// All places are held by as many sources, in their handshakes.
    private func full(_ total: Int) -> (admission: Admission, places: [Int]) {
        var admission = admission(total)
        let places = (0..<total).map { admission.add(from: address($0), at: start) }
        begin(places, in: &admission, at: start)
        return (admission, places)
    }

    @Test("while there is room, one source may have any number of connections")
    func calm() {
        var admission = admission(100)
        for _ in 0..<99 {
            let place = admission.add(from: here, at: start)
            #expect(admission.eviction(fromSourceOf: place, at: start + .seconds(29)) == nil)
            #expect(admission.evictionForNewcomer(at: start + .seconds(29)) == nil)
        }
    }

    @Test(
        "without room, the source that holds most gives a place, however young its connections are")
    func pressure() {
        var admission = admission(4)
        let other = admission.add(from: there, at: start)
        let places = (0..<3).map { _ in admission.add(from: here, at: start) }
        #expect(admission.evictionForNewcomer(at: start) == .pressure(places[0]))
        admission.remove(places[0], at: start)
        #expect(admission.evictionForNewcomer(at: start) == nil)
        admission.remove(other, at: start)
    }

    @Test("of one source, those that leave go first, then the silent, then the oldest handshake")
    func withinSource() {
        var admission = admission(16)
        let places = (0..<4).map { _ in admission.add(from: here, at: start) }
        begin([places[0], places[1]], in: &admission, at: start)
        admission.note(.leaving, of: places[2], at: start)
        let late = start + .milliseconds(100)
        for place in [places[2], places[3], places[0], places[1]] {
            #expect(admission.relief(at: late) == .pressure(place))
            admission.remove(place, at: late)
        }
        #expect(admission.relief(at: late) == nil)
    }

    @Test(
        "a line may be under way for 100 ms before its sender goes sooner than an older handshake")
    func lineUnderWay() {
        var admission = admission(4)
        let first = (1...2).map { admission.add(from: address($0), at: start) }
        let handshake = admission.add(from: address(3), at: start)
        begin([handshake], in: &admission, at: start)
        for place in first { admission.remove(place, at: start) }
        let fill = admission.add(from: address(5), at: start)
        let silent = admission.add(from: address(4), at: start + .milliseconds(1))
        admission.identify(fill, as: client, at: start)
        #expect(admission.relief(at: start + .milliseconds(100)) == .pressure(handshake))
        #expect(admission.relief(at: start + .milliseconds(101)) == .pressure(silent))
    }

    @Test("of equal sources, the one goes that came last to a place, not the one before the storm")
    func early() {
        var admission = admission(8)
        let honest = admission.add(from: here, at: start)
        begin([honest], in: &admission, at: start)
        for number in 1...1000 {
            let now = start + .milliseconds(number)
            while let eviction = admission.evictionForNewcomer(at: now) {
                #expect(eviction.place != honest)
                admission.remove(eviction.place, at: now)
            }
            begin([admission.add(from: address(number), at: now)], in: &admission, at: now)
        }
    }

    @Test("while all places are held by sources that are as good as a newcomer, that one waits")
    func respite() {
        let crowd = full(8)
        var admission = crowd.admission
        // The first two came before it was crowded, and stay.
        let end = start + StrangerKind.answerAllowed
        #expect(admission.respite(at: end + .nanoseconds(-1), queued: { 0 }) == end)
        #expect(admission.respite(at: end, queued: { 0 }) == nil)
        #expect(admission.evictionForNewcomer(at: end) == .pressure(crowd.places[2]))
        admission.remove(crowd.places[2], at: start)
        #expect(!admission.isFull)
    }

    @Test("a newcomer waits less for a silent peer, and not at all for one that leaves")
    func shortRespite() {
        var admission = admission(4)
        let places = (0..<4).map { admission.add(from: address($0), at: start) }
        #expect(admission.respite(at: start, queued: { 0 }) == start + StrangerKind.silenceAllowed)
        for place in places { admission.queue(place, at: start) }
        #expect(admission.respite(at: start, queued: { 0 }) == start + StrangerKind.answerAllowed)
        admission.note(.leaving, of: places[1], at: start)
        #expect(admission.respite(at: start, queued: { 0 }) == nil)
    }

    @Test("nobody waits because of a source that holds two places, or has failed lately")
    func noRespite() {
        let crowd = full(4)
        var admission = crowd.admission
        admission.remove(crowd.places[0], at: start)
        let again = admission.add(from: address(1), at: start)
        #expect(admission.respite(at: start, queued: { 0 }) == nil)
        admission.remove(again, at: start)
        _ = admission.add(from: address(0), at: start)
        #expect(admission.respite(at: start, queued: { 0 }) == nil)
    }

    @Test("of however many that wait to be accepted, the last waits for half a second")
    func longQueue() {
        var admission = full(8).admission
        let respites = [1, 16, 80, 800].map { queued in
            admission.respite(at: start, queued: { queued })
        }
        #expect(
            respites == [
                start + StrangerKind.answerAllowed, start + StrangerKind.answerAllowed,
                start + .milliseconds(50), start + .milliseconds(5),
            ])
    }

    @Test(
        "a source that has failed keeps its place beside any number of new ones", arguments: 1...3)
    func burdened(_ failures: Int) {
        var admission = admission(8)
        for _ in 0..<failures { admission.remove(admission.add(from: here, at: start), at: start) }
        let honest = admission.add(from: here, at: start)
        begin([honest], in: &admission, at: start)
        for number in 0..<1000 {
            while let eviction = admission.evictionForNewcomer(at: start) {
                #expect(eviction.place != honest)
                // New ones all the time: what fails does not come again.
                admission.remove(eviction.place, at: start)
            }
            begin([admission.add(from: address(number), at: start)], in: &admission, at: start)
        }
    }

    @Test("a source whose connections failed lately gives a place before one that is new")
    func failures() {
        var admission = admission(4)
        func newcomer(_ number: Int, _ now: Instant) -> Int {
            while let eviction = admission.evictionForNewcomer(at: now) {
                admission.remove(eviction.place, at: now)
            }
            let place = admission.add(from: address(number), at: now)
            begin([place], in: &admission, at: now)
            return place
        }
        for number in 0..<100 { _ = newcomer(number, start) }
        let honest = newcomer(1000, start)
        for number in 0..<100 {
            let eviction = admission.evictionForNewcomer(at: start + .seconds(number / 2))
            #expect(eviction?.place != honest)
            _ = newcomer(number, start + .seconds(number / 2))
        }
    }

    @Test("a failure counts for at least a minute, and for two at most")
    func forgiveness() {
        var memory = FailureMemory()
        let source = Source.single(here)
        memory.note(source, at: start + .seconds(59))
        memory.expire(at: start + .seconds(118))
        #expect(memory.count(of: source) == 1)
        memory.expire(at: start + .seconds(179))
        #expect(memory.count(of: source) == 0)
    }

    @Test("failures of a hundred thousand sources take the memory of a few thousand")
    func manyFailures() {
        var memory = FailureMemory()
        for number in 0..<100_000 { memory.note(.single(address(number)), at: start) }
        let remembered = (0..<100_000).count { memory.count(of: .single(address($0))) > 0 }
        #expect((FailureMemory.sourcesMax...2 * FailureMemory.sourcesMax).contains(remembered))
    }

    @Test("if the operator limits a source, its oldest connection goes for its newest")
    func shareOfSource() {
        var admission = admission(100, perSource: 2)
        let places = (0..<3).map { _ in admission.add(from: here, at: start) }
        let other = admission.add(from: there, at: start)
        #expect(admission.eviction(fromSourceOf: other, at: start) == nil)
        #expect(
            admission.eviction(fromSourceOf: places[2], at: start) == .shareOfSource(places[0]))
        admission.identify(places[0], as: client, at: start)
        #expect(admission.eviction(fromSourceOf: places[2], at: start) == nil)
    }

    @Test(
        "of a client, those that leave go first, then who waits longest, last who is being served")
    func shareOfClient() {
        var admission = admission(100, perClient: 3)
        let places = (0..<4).map { _ in admission.add(from: here, at: start) }
        for place in places[..<3] {
            #expect(admission.eviction(for: client, at: start) == nil)
            admission.identify(place, as: client, at: start)
        }
        admission.note(.sending, of: places[0], at: start)
        admission.note(.leaving, of: places[2], at: start)
        for place in [places[2], places[1], places[0]] {
            #expect(admission.eviction(for: client, at: start) == .shareOfClient(place))
            admission.remove(place, at: start)
            let next = admission.add(from: here, at: start)
            admission.identify(next, as: client, at: start)
            admission.note(.sending, of: next, at: start)
        }
        #expect(admission.eviction(for: ClientName("other"), at: start) == nil)
    }

    @Test("a quarter of all places is never a client's", arguments: [2, 3, 4, 5, 100, 1024])
    func reserve(total: Int) {
        var admission = admission(total)
        for number in 0..<3 * total {
            #expect(admission.evictionForNewcomer(at: start) == nil)
            let place = admission.add(from: address(number), at: start)
            let name = ClientName("machine\(number)")
            while let eviction = admission.eviction(for: name, at: start) {
                admission.remove(eviction.place, at: start)
            }
            admission.identify(place, as: name, at: start)
        }
        #expect(admission.count == total - max(1, total / 4))
        #expect(admission.clientCount == admission.count)
    }

    @Test("a /48 is sixteen sources and one more, and leaves room for others")
    func site() {
        var admission = admission(100)
        let honest = (0..<2).map { _ in admission.add(from: here, at: start) }
        for subnet in 0..<1000 {
            while let eviction = admission.evictionForNewcomer(at: start) {
                #expect(!honest.contains(eviction.place))
                admission.remove(eviction.place, at: start)
            }
            _ = admission.add(from: network(1, subnet), at: start)
        }
        // What the first sixteen networks of that /48 hold is theirs.
        #expect(Set((0..<16).map { network(1, $0).source }).count == 16)
    }

    @Test("an IPv4 address is the same source in each form")
    func forms() throws {
        let plain = try #require(SocketAddress(.ipv4, bytes: [192, 0, 2, 7]))
        let mapped = [UInt8](repeating: 0, count: 10) + [255, 255, 192, 0, 2, 7]
        let translated =
            [0, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8) + [192, 0, 2, 7]
        for bytes in [mapped, translated] {
            #expect(try #require(SocketAddress(.ipv6, bytes: bytes)).source == plain.source)
        }
        #expect(plain.site == nil)
    }

    @Test("sources have their turns one after the other, however much one of them asks for")
    func turns() {
        var admission = admission(1000)
        let flood = (0..<500).map { _ in admission.add(from: here, at: start) }
        for place in flood { admission.queue(place, at: start) }
        let others = (0..<3).map { admission.add(from: address($0), at: start) }
        for place in others { admission.queue(place, at: start) }
        let first = (0..<8).compactMap { _ in admission.nextTurn(at: start) }
        #expect(first == [flood[0]] + others + flood[1...4])
    }

    @Test("new sources have three turns of four, as long as there are any")
    func standing() {
        var admission = admission(1000)
        for number in 0..<100 {
            let place = admission.add(from: address(number), at: start)
            admission.remove(place, at: start)
        }
        for number in 0..<200 {
            admission.queue(admission.add(from: address(number), at: start), at: start)
        }
        let order = (0..<200).compactMap { _ in admission.nextTurn(at: start) }
        #expect(order.count == 200)
        #expect(order.prefix(100).count { $0 >= 100 } == 75)
    }
}
