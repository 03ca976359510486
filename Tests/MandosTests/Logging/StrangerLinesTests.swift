import Reactor
import Testing

@testable import Mandos

@Suite("Lines that strangers cause") struct StrangerLinesTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private static func address(_ number: Int, port: UInt16 = 4711) -> SocketAddress {
        let bytes = [10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
        return SocketAddress(.ipv4, bytes: bytes)!.with(port: port)
    }

    @Test("of one source and kind, the first five in a minute are written, and the rest is counted")
    func oneSource() {
        var lines = StrangerLines()
        let verdicts = (0..<1000).map { number in
            lines.line(
                .badVersion, from: Self.address(1, port: UInt16(number)),
                at: Self.start + .milliseconds(number))
        }
        #expect(verdicts.prefix(5) == [.first, .again, .again, .again, .again])
        #expect(verdicts.dropFirst(5).allSatisfy { $0 == .leftOut })
        #expect(lines.reportsDue == Self.start + StrangerLines.window)
        #expect(lines.takeReports(at: Self.start + .seconds(59)) == [])
        #expect(
            lines.takeReports(at: Self.start + .seconds(60))
                == [.init(kind: .badVersion, source: Self.address(1).source, count: 995)])
        #expect(lines.reportsDue == nil)
        #expect(
            lines.line(.badVersion, from: Self.address(1), at: Self.start + .seconds(60)) == .first)
    }

    @Test("a flood of one kind or source hides neither other kinds nor other sources")
    func others() {
        var lines = StrangerLines()
        for _ in 0..<1000 { _ = lines.line(.badVersion, from: Self.address(1), at: Self.start) }
        #expect(lines.line(.handshake, from: Self.address(1), at: Self.start) == .first)
        #expect(lines.line(.badVersion, from: Self.address(2), at: Self.start) == .first)
    }

    @Test("the addresses of one IPv6 /64 are one source")
    func prefix() throws {
        var lines = StrangerLines()
        var verdicts: [StrangerLines.Verdict] = []
        for number in UInt8(0)..<8 {
            let bytes: [UInt8] = [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: number, count: 12)
            let host = bytes[..<8].prefix(4) + [0, 0, 0, 7] + [UInt8](repeating: number, count: 8)
            let address = try #require(SocketAddress(.ipv6, bytes: Array(host)))
            verdicts.append(lines.line(.noVersion, from: address, at: Self.start))
            #expect(address.source.sourceText == "2001:db8:0:7::/64")
        }
        #expect(verdicts.count { $0 == .leftOut } == 3)
    }

    @Test("of however many sources, at most fifty lines of a kind are written, and ten reports")
    func manySources() {
        var lines = StrangerLines()
        var written = 0
        for number in 0..<20_000 {
            if lines.line(.unknownKey, from: Self.address(number), at: Self.start) != .leftOut {
                written += 1
            }
        }
        for number in 0..<10 {
            for _ in 0..<(10 + number) {
                _ = lines.line(.unknownKey, from: Self.address(number), at: Self.start)
            }
        }
        #expect(written == StrangerLines.perKindMax)
        let reports = lines.takeReports(at: Self.start + StrangerLines.window)
        #expect(reports.count == StrangerLines.reportsMax + 1)
        #expect(reports.first?.source == Self.address(9).source)
        #expect(reports.last?.source == nil)
        #expect(reports.reduce(0) { $0 + $1.count } == 20_000 - 50 + (10..<20).reduce(0, +))
    }

    @Test("a window in which all lines were written ends, although there is nothing to report")
    func emptyReport() {
        var lines = StrangerLines()
        for _ in 0..<StrangerLines.perSourceMax {
            _ = lines.line(.badVersion, from: Self.address(1), at: Self.start)
        }
        let next = Self.start + StrangerLines.window
        #expect(lines.line(.badVersion, from: Self.address(1), at: next) == .first)
    }

    @Test("windows follow each other without a gap in which lines are free")
    func nextWindow() {
        var lines = StrangerLines()
        var written = 0
        for second in 0..<600 {
            let now = Self.start + .seconds(second)
            _ = lines.takeReports(at: now)
            for _ in 0..<10 where lines.line(.eviction, from: Self.address(1), at: now) != .leftOut
            {
                written += 1
            }
        }
        #expect(written == 10 * StrangerLines.perSourceMax)
    }
}

@Suite("The greatest source") struct TopSourcesTests {
    private static func address(_ number: Int) -> SocketAddress {
        let bytes = [10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
        return SocketAddress(.ipv4, bytes: bytes)!
    }

    @Test("is found among 10 000 others, with no more events than it had")
    func found() {
        var sources = TopSources()
        for number in 0..<10_000 {
            sources.note(Self.address(number + 1))
            if number % 10 == 0 { sources.note(Self.address(0)) }
        }
        #expect(sources.greatest?.source == Self.address(0))
        #expect((1...1000).contains(sources.greatest?.countMin ?? 0))
    }

    @Test("is counted exactly while there are few")
    func exact() {
        var sources = TopSources()
        #expect(sources.greatest == nil)
        for number in 0..<TopSources.entriesMax {
            for _ in 0...number { sources.note(Self.address(number)) }
        }
        #expect(sources.greatest?.source == Self.address(TopSources.entriesMax - 1))
        #expect(sources.greatest?.countMin == TopSources.entriesMax)
        #expect(sources.count == TopSources.entriesMax && !sources.isOverfull)
        sources.note(Self.address(TopSources.entriesMax))
        #expect(sources.isOverfull)
    }
}

@Suite("A flood of strangers") struct StrangerFloodTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static let source = SocketAddress.loopback(.ipv4, port: 1)

    /// Changes while `perSecond` connections end in each of `seconds` seconds.
    private func run(
        _ flood: inout StrangerFlood, perSecond: Int, from first: Int = 0, seconds: Int
    ) -> [StrangerFlood.Change] {
        var changes: [StrangerFlood.Change] = []
        for second in first..<(first + seconds) {
            for number in 0..<perSecond {
                let now =
                    Self.start + .seconds(second) + .milliseconds(1000 * number / perSecond)
                if let change = flood.check(at: now) { changes.append(change) }
                if let change = flood.note(Self.source, .badVersion, at: now) {
                    changes.append(change)
                }
            }
        }
        return changes
    }

    @Test("begins and ends once each, however long it takes, and is told with its size")
    func once() throws {
        var flood = StrangerFlood()
        let changes = run(&flood, perSecond: 1000, seconds: 300)
        #expect(
            changes == [
                .began(
                    .init(
                        connections: 200, span: .milliseconds(199),
                        sources: .init(
                            count: 1, isMore: false, greatest: Self.source.source,
                            greatestCountMin: 200),
                        kind: .badVersion, kindCount: 200, evictions: 0))
            ])
        let due = try #require(flood.checkDue)
        #expect(due == Self.start + .milliseconds(299_999) + StrangerFlood.calmSpan)
        #expect(flood.check(at: due + .nanoseconds(-1)) == nil)
        #expect(
            flood.check(at: due)
                == .ended(connections: 300_000, span: .milliseconds(299_999)))
        #expect(flood.checkDue == nil)
    }

    @Test("a load balancer that asks ten times a second is none")
    func loadBalancer() {
        var flood = StrangerFlood()
        #expect(run(&flood, perSecond: 10, seconds: 3600) == [])
    }

    @Test("a pause of less than a minute does not end it")
    func pause() {
        var flood = StrangerFlood()
        var changes = run(&flood, perSecond: 100, seconds: 10)
        changes += run(&flood, perSecond: 1, from: 10, seconds: 55)
        changes += run(&flood, perSecond: 100, from: 65, seconds: 10)
        #expect(changes.count == 1)
        changes += run(&flood, perSecond: 1, from: 75, seconds: 70)
        #expect(changes.count == 2)
        guard case .ended(_, let span)? = changes.last else { return #expect(Bool(false)) }
        // As exact as a window is long.
        #expect(span > .seconds(74) && span < .seconds(85))
    }

    @Test("names the greatest source only if it has a tenth of the connections")
    func sources() throws {
        let source = StrangerFlood.SourceCount(
            count: 64, isMore: true, greatest: Self.source, greatestCountMin: 10)
        #expect(
            source.text(of: 100) == "from more than 64 sources, at least 10 of them from 127.0.0.1")
        #expect(source.text(of: 101) == "from more than 64 sources")
        var flood = StrangerFlood()
        var change: StrangerFlood.Change?
        for number in 0..<200 {
            let address = SocketAddress(.ipv4, bytes: [10, 0, 0, UInt8(number)])!
            change = flood.note(address, number < 20 ? .eviction : .noVersion, at: Self.start)
        }
        #expect(
            change?.text.hasPrefix(
                "flood of unknown peers: 200 connections in 0.0 s, from more than 64 sources; 180 of "
                    + "them: no protocol version; 20 of them: dropped for others (max_connections, "
                    + "max_connections_per_source); ") == true, "\(change?.text ?? "")")
    }
}
