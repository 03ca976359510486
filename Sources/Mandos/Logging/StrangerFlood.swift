package import Reactor

/// Notices when strangers come in such numbers that an operator should know, and when that is over.
/// Makes no system call.
package struct StrangerFlood {
    /// How many connections ended without a proof of who was there.
    package struct Size: Equatable {
        package let connections: Int
        package let span: Duration
        package let greatestSource: SocketAddress
        /// Of `connections`, at least so many came from there.
        package let greatestCountMin: Int
    }

    package enum Change: Equatable { case began(Size), ended(Size) }

    /// So many within `window` are a flood. Machines that boot prove who they are, and do not count.
    package static let connectionsMin = 200
    package static let window: Duration = .seconds(10)
    /// As long as a window has so many, it goes on.
    package static let calmMax = 50
    /// How long there must have been no such window before it is over.
    package static let calmSpan: Duration = .seconds(60)

    private var windowStart: Instant?
    private var windowCount = 0
    private var sources = TopSources()
    /// Set while there is a flood.
    private var start: Instant?
    private var count = 0
    private var lastBusy = Instant.distantFuture

    package init() {}

    package var isOn: Bool { start != nil }

    /// When to call `check`; nil while there is no flood.
    package var checkDue: Instant? { isOn ? lastBusy + Self.calmSpan : nil }

    /// A connection has ended without a proof.
    package mutating func note(_ address: SocketAddress, at now: Instant) -> Change? {
        if windowStart.map({ $0 + Self.window <= now }) ?? true { beginWindow(at: now) }
        windowCount += 1
        count += 1
        sources.note(address.source)
        if windowCount >= Self.calmMax { lastBusy = now }
        guard !isOn, windowCount >= Self.connectionsMin else { return nil }
        start = windowStart
        return size(at: now).map { .began($0) }
    }

    /// Whether it is over at `now`.
    package mutating func check(at now: Instant) -> Change? {
        guard let due = checkDue, due <= now else { return nil }
        return end()
    }

    /// Ends it, as nobody is watching any more.
    package mutating func end() -> Change? {
        guard isOn else { return nil }
        let size = size(at: lastBusy)
        self = StrangerFlood()
        return size.map { .ended($0) }
    }

    private mutating func beginWindow(at now: Instant) {
        windowStart = now
        windowCount = 0
        guard !isOn else { return }
        count = 0
        sources = TopSources()
    }

    private func size(at end: Instant) -> Size? {
        guard let start, let greatest = sources.greatest else { return nil }
        return Size(
            connections: count, span: end - start, greatestSource: greatest.source,
            greatestCountMin: greatest.countMin)
    }
}
