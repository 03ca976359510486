import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("A packet of multicast DNS") struct MulticastPacketTests {
    private static let type = "_mandos._tcp.local"
    private static let service = "Mandos._mandos._tcp.local"
    private static let host = "web1-mandos-0000beef.local"
    private let own: [OwnRecord]

    init() throws {
        let address = try SocketAddress(resolving: "192.0.2.7", family: .ipv4, port: 0)
        own =
            OwnRecord.service(
                "Mandos", host: "web1-mandos-0000beef", port: 4711, texts: [Array("a=b".utf8)])
            + [OwnRecord.address(address, host: "web1-mandos-0000beef")]
    }

    private func packet(
        port: UInt16 = 5353, flags: UInt16 = 0, _ counts: [Int],
        _ body: (inout PacketText) -> Void = { _ in }
    ) -> MulticastPacket {
        var text = PacketText(flags: flags)
        for (index, count) in counts.enumerated() {
            text.setCount(index, count)
        }
        body(&text)
        return MulticastPacket(text.bytes.span, size: text.bytes.count, port: port, own: own)
    }

    private func effect(
        port: UInt16 = 5353, flags: UInt16 = 0, _ counts: [Int],
        _ body: (inout PacketText) -> Void = { _ in }
    ) -> MulticastPacket.Effect {
        packet(port: port, flags: flags, counts, body).effect
    }

    private func answer(_ body: (inout PacketText) -> Void) -> MulticastPacket.Effect {
        effect(flags: PacketText.response, [0, 1], body)
    }

    @Test("that asks for a record of ours is a question for us, in capitals, too")
    func questions() {
        for name in ["_services._dns-sd._udp.local", Self.type, "_MANDOS._tcp.LOCAL"] {
            let packet = packet([1]) { $0.question(name) }
            #expect(packet.effect == .query(.multicast) && packet.isPlain)
        }
        for type in [16, 33, 255] {
            #expect(effect([1]) { $0.question(Self.service, type) } == .query(.multicast))
        }
        #expect(effect([1]) { $0.question(Self.host, 1) } == .query(.multicast))
        #expect(effect([1]) { $0.question(Self.type, category: 255) } == .query(.multicast))
    }

    @Test("that asks for something else is of no use")
    func foreignQuestions() {
        #expect(effect([1]) { $0.question("_ipp._tcp.local") } == .none(.foreign))
        #expect(effect([1]) { $0.question(Self.type, 33) } == .none(.foreign))
        #expect(effect([1]) { $0.question(Self.type, category: 3) } == .none(.foreign))
        #expect(effect([1]) { $0.question("x." + Self.type) } == .none(.foreign))
        #expect(effect([0]) == .none(.foreign))
    }

    @Test("is answered to the asker alone if it says so, or comes from another port")
    func replies() {
        #expect(effect([1]) { $0.question(Self.type, category: 0x8001) } == .query(.unicast))
        #expect(effect(port: 4000, [1]) { $0.question(Self.type) } == .query(.legacy))
        // Whether others are asked for by unicast does not concern us.
        let mixed = effect([2]) {
            $0.question("_ipp._tcp.local", category: 0x8001)
            $0.question(Self.type)
        }
        #expect(mixed == .query(.multicast))
    }

    @Test("of many questions, or with known answers, is not a plain one")
    func plain() {
        let many = packet([5]) { text in for _ in 0..<5 { text.question(Self.type) } }
        #expect(many.effect == .query(.multicast) && !many.isPlain)
        let known = packet([1, 1]) {
            $0.question(Self.type)
            $0.record(Self.type, 12, PacketText.data("other." + Self.type))
        }
        #expect(known.effect == .query(.multicast) && !known.isPlain)
        // 18 and 24 characters with dots, and 32 for each of two.
        #expect(known.weight == 2 * 32 + 2 * 19 + 25)
    }

    @Test("with nothing but known answers counts if ours is among them")
    func knownAnswers() {
        let ours = PacketText.data(Self.service)
        let known = effect([0, 1]) { $0.record(Self.type, 12, ttl: 4500, ours) }
        #expect(known == .query(.multicast))
        let other = effect([0, 1]) { $0.record(Self.type, 12, PacketText.data("x.local")) }
        #expect(other == .none(.foreign))
    }

    @Test("that claims a name of ours is a conflict, and says which")
    func conflicts() {
        #expect(answer { $0.record(Self.service, 16, [0]) } == .conflict(.service))
        let place: [UInt8] = [0, 0, 0, 0, 1, 1] + PacketText.data("evil.local")
        #expect(
            answer { $0.record(Self.service, 33, category: 0x8001, place) } == .conflict(.service))
        #expect(answer { $0.record(Self.host, 1, [192, 0, 2, 8]) } == .conflict(.host))
    }

    @Test("that says what we say, or speaks of others, is of no use")
    func echoes() {
        #expect(answer { $0.record(Self.host, 1, [192, 0, 2, 7]) } == .none(.foreign))
        let place: [UInt8] = [0, 0, 0, 0, 18, 103] + PacketText.data("WEB1-mandos-0000beef.local")
        #expect(answer { $0.record(Self.service, 33, place) } == .none(.foreign))
        let other = PacketText.data("x." + Self.type)
        #expect(answer { $0.record(Self.type, 12, other) } == .none(.foreign))
        #expect(answer { $0.record("other.local", 1, [192, 0, 2, 8]) } == .none(.foreign))
        // Another type, and somebody who takes back what was never ours.
        #expect(answer { $0.record(Self.host, 99, [1]) } == .none(.foreign))
        #expect(answer { $0.record(Self.host, 1, ttl: 0, [192, 0, 2, 8]) } == .none(.foreign))
    }

    @Test("that takes a record of ours back is corrected, unless it would keep us from answering")
    func corrections() {
        let ours = PacketText.data(Self.service)
        #expect(answer { $0.record(Self.type, 12, ttl: 0, ours) } == .correction)
        #expect(answer { $0.record(Self.host, 1, ttl: 60, [192, 0, 2, 7]) } == .correction)
        let other = PacketText.data("x." + Self.type)
        #expect(answer { $0.record(Self.type, 12, category: 0x8001, other) } == .correction)
        let both = effect(flags: PacketText.response, [0, 2]) {
            $0.record(Self.host, 1, ttl: 0, [192, 0, 2, 7])
            $0.record(Self.type, 12, ttl: 4500, ours)
        }
        #expect(both == .none(.foreign))
    }

    @Test("that is about to claim a name of ours says which")
    func probes() {
        let probe = packet([1, 0, 1]) {
            $0.question(Self.service, 255)
            $0.record(Self.service, 33, [0, 0, 0, 0, 1, 1] + PacketText.data("evil.local"))
        }
        #expect(probe.effect == .query(.multicast) && probe.contested == .service)
        let own = packet([1, 0, 1]) {
            $0.question(Self.host, 255)
            $0.record(Self.host, 1, [192, 0, 2, 7])
        }
        #expect(own.contested == nil)
    }

    @Test("that is not one is recognised")
    func malformed() {
        func none(_ bytes: [UInt8], port: UInt16 = 5353) -> MulticastPacket.Effect {
            MulticastPacket(bytes.span, size: bytes.count, port: port, own: own).effect
        }
        #expect(none([]) == .none(.malformed))
        #expect(none(Array(repeating: 0, count: 11)) == .none(.malformed))
        #expect(effect([1]) == .none(.malformed))
        #expect(effect([0, 65535]) == .none(.tooLarge))
        #expect(effect(flags: 0x0800, [1]) { $0.question(Self.type) } == .none(.malformed))
        #expect(effect(flags: 3, [1]) { $0.question(Self.type) } == .none(.malformed))
        // Answers in a legacy query, and responses with questions, without answers, from elsewhere.
        let known = effect(port: 9, [1, 1]) {
            $0.question(Self.type)
            $0.record(Self.type, 12, [0])
        }
        #expect(known == .none(.malformed))
        #expect(effect(flags: PacketText.response, [0, 0, 0, 1]) == .none(.malformed))
        let elsewhere = effect(port: 9, flags: PacketText.response, [0, 1]) {
            $0.record(Self.host, 1, [192, 0, 2, 8])
        }
        #expect(elsewhere == .none(.malformed))
        // The name of a pointer that does not end where the data ends.
        let short = answer { $0.record(Self.type, 12, PacketText.data("x") + [0]) }
        #expect(short == .none(.malformed))
    }

    @Test("is too large with more than 8972 bytes, 128 entries, or texts of 8192 characters")
    func large() {
        var text = PacketText(1)
        text.question(Self.type)
        let rest = Array(repeating: UInt8(0), count: MulticastPacket.bytesMax)
        let large = text.bytes + rest
        let head = Array(large.prefix(MulticastPacket.bytesMax))
        let whole = MulticastPacket(head.span, size: head.count, port: 5353, own: own)
        #expect(whole.effect == .query(.multicast))
        let cut = MulticastPacket(head.span, size: large.count, port: 5353, own: own)
        #expect(cut.effect == .none(.tooLarge))

        func questions(_ count: Int, _ name: String) -> MulticastPacket.Effect {
            effect([count]) { text in
                text.question(Self.type)
                for _ in 1..<count { text.question(name) }
            }
        }
        #expect(questions(128, "a") == .query(.multicast))
        #expect(questions(129, "a") == .none(.tooLarge))
        let long = String(repeating: String(repeating: "x", count: 40) + ".", count: 6) + "local"
        #expect(questions(25, long) == .query(.multicast))
        #expect(questions(32, long) == .none(.tooLarge))
    }

    @Test("may have a name that points back, and none that points ahead, at itself, or too often")
    func pointers() {
        func pointing(_ targets: [Int]) -> MulticastPacket.Effect {
            var text = PacketText(targets.count)
            text.setCount(0, targets.count + 1)
            text.question(Self.type)
            for target in targets {
                text.number(0xc000 | target)
                text.number(12)
                text.number(1)
            }
            return MulticastPacket(
                text.bytes.span, size: text.bytes.count, port: 5353, own: own
            ).effect
        }
        #expect(pointing([12, 20]) == .query(.multicast))
        #expect(pointing([36]) == .none(.malformed))  // at itself
        #expect(pointing([200]) == .none(.malformed))
        #expect(pointing([2]) == .none(.malformed))  // into the header
    }

    @Test("of any bytes is read to its end, and weighs no more than is allowed if it passes")
    func anything() {
        var generator = SeededGenerator.fromEnvironment()
        for _ in 0..<20_000 {
            var text = PacketText(flags: Bool.random(using: &generator) ? PacketText.response : 0)
            for index in 0..<4 { text.setCount(index, Int.random(in: 0..<4, using: &generator)) }
            text.question(Self.service, 255)
            text.record(Self.type, 12, PacketText.data(Self.service))
            text.record(Self.host, 1, [1, 2, 3, 4])
            var bytes = text.bytes
            for _ in 0..<Int.random(in: 0..<6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &generator))
            let packet = MulticastPacket(bytes.span, size: bytes.count, port: 5353, own: own)
            guard case .none = packet.effect else {
                #expect(packet.weight <= MulticastPacket.weightMax)
                #expect(packet.entries <= MulticastPacket.entriesMax)
                continue
            }
        }
    }
}

extension PacketText {
    fileprivate mutating func setCount(_ index: Int, _ count: Int) {
        replace(4 + index * 2, count)
    }
}
