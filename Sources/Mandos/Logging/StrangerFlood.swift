package import Reactor

/// Notices when strangers come in such numbers that an operator should know, and when that is over.
/// Makes no system call.
package struct StrangerFlood {
    /// Connections that ended without a proof of who was there.
    package struct Size: Equatable {
        package var connections: Int
        package var span: Duration
        /// Those in them, or in the last part of them.
        package var sources: SourceCount
        /// How most of them ended, and how many did so.
        package var kind: StrangerLines.Kind
        package var kindCount: Int
        /// How many lost their places to others.
        package var evictions: Int
    }

    package struct SourceCount: Equatable {
        package var count: Int
        /// Whether there were more than `count`.
        package var isMore: Bool
        package var greatest: SocketAddress
        /// So many connections came from it, or more.
        package var greatestCountMin: Int
    }

    package enum Change: Equatable {
        case began(Size)
        /// - Parameters:
        ///   - recent: since it was last told of.
        ///   - total: how many connections there were since it began.
        case goesOn(recent: Size, total: Int)
        case ended(connections: Int, span: Duration)
    }

    /// So many within `window` are a flood. Machines that boot prove who they are, and do not count.
    package static let connectionsMin = 200
    package static let window: Duration = .seconds(10)
    /// As long as a window has so many, it goes on.
    package static let calmMax = 50
    /// How long there must have been no such window before it is over.
    package static let calmSpan: Duration = .seconds(60)
    /// How often one that goes on is told of.
    package static let reminderSpan: Duration = .seconds(600)

    private var windowStart: Instant?
    private var windowCount = 0
    /// Set while there is a flood.
    private var start: Instant?
    private var count = 0
    private var recent = Recent()
    private var told = Instant.distantFuture
    private var lastBusy = Instant.distantFuture

    package init() {}

    package var isOn: Bool { start != nil }

    /// When to call `check`; nil while there is no flood.
    package var checkDue: Instant? {
        isOn ? min(lastBusy + Self.calmSpan, told + Self.reminderSpan) : nil
    }

    /// A connection has ended without a proof.
    package mutating func note(
        _ address: SocketAddress, _ kind: StrangerLines.Kind, at now: Instant
    ) -> Change? {
        if windowStart.map({ $0 + Self.window <= now }) ?? true { beginWindow(at: now) }
        windowCount += 1
        count += 1
        recent.note(address.source, kind)
        if windowCount >= Self.calmMax { lastBusy = now }
        guard !isOn, windowCount >= Self.connectionsMin else { return nil }
        start = windowStart
        told = now
        return recent.size(within: now - (start ?? now)).map { .began($0) }
    }

    /// Whether it is over at `now`, or is to be told of again.
    package mutating func check(at now: Instant) -> Change? {
        guard let due = checkDue, due <= now else { return nil }
        if lastBusy + Self.calmSpan <= now { return end() }
        let size = recent.size(within: now - told)
        told = now
        recent = Recent()
        return size.map { .goesOn(recent: $0, total: count) }
    }

    /// Ends it, as nobody is watching any more.
    package mutating func end() -> Change? {
        guard let start else { return nil }
        defer { self = StrangerFlood() }
        return .ended(connections: count, span: lastBusy - start)
    }

    private mutating func beginWindow(at now: Instant) {
        windowStart = now
        windowCount = 0
        guard !isOn else { return }
        count = 0
        recent = Recent()
    }
}

extension StrangerFlood {
    /// Since it was last told of, or since the window began.
    private struct Recent {
        var sources = TopSources()
        var kinds = StrangerLines.Kind.allCases.map { _ in 0 }

        mutating func note(_ source: SocketAddress, _ kind: StrangerLines.Kind) {
            sources.note(source)
            kinds[Int(kind.rawValue)] += 1
        }

        func size(within span: Duration) -> Size? {
            guard let greatest = sources.greatest else { return nil }
            let found = SourceCount(
                count: sources.count, isMore: sources.isOverfull, greatest: greatest.source,
                greatestCountMin: greatest.countMin)
            let all = StrangerLines.Kind.allCases
            let kind = all.max { kinds[Int($0.rawValue)] < kinds[Int($1.rawValue)] } ?? .connection
            return Size(
                connections: kinds.reduce(0, +), span: span, sources: found, kind: kind,
                kindCount: kinds[Int(kind.rawValue)],
                evictions: kinds[Int(StrangerLines.Kind.eviction.rawValue)])
        }
    }
}

extension StrangerFlood.SourceCount {
    /// A source is named if it has a tenth of them, or blocking it would not help.
    package func text(of connections: Int) -> String {
        if count == 1, !isMore { return "all of them from \(greatest.sourceText)" }
        let number = isMore ? "more than \(count)" : "\(count)"
        guard greatestCountMin * 10 >= connections else { return "from \(number) sources" }
        return "from \(number) sources, at least \(greatestCountMin) of them from "
            + greatest.sourceText
    }
}

extension StrangerFlood.Size {
    package var text: String {
        "\(connections) connections in \(span.secondsText), \(sources.text(of: connections)); "
            + "\(kindCount) of them: \(kind.title)"
            + (evictions == 0 || kind == .eviction
                ? "" : "; \(evictions) of them: \(StrangerLines.Kind.eviction.title)")
    }
}

extension Duration {
    /// With one digit after the point.
    fileprivate var secondsText: String {
        let milliseconds = clampedNanoseconds / 1_000_000
        return "\(milliseconds / 1000).\(Digits.padded(milliseconds % 1000 / 100, to: 1)) s"
    }
}

extension StrangerFlood.Change {
    package var text: String {
        switch self {
        case .began(let size):
            "flood of unknown peers: \(size.text); lines about them are left out, honest machines "
                + "are still served; see max_connections_per_source in mandos.conf(5), or have the "
                + "firewall limit new connections by source"
        case .goesOn(let recent, let total):
            "flood of unknown peers goes on: \(recent.text); \(total) connections since it began"
        case .ended(let connections, let span):
            "flood of unknown peers is over: \(connections) connections in \(span.secondsText)"
        }
    }
}
