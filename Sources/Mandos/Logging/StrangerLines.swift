package import Reactor

/// Bounds the log lines that are caused by strangers: peers that have not proved to be a client.
/// Makes no system call.
///
/// Time is cut into windows, the first of which begins with the first line. In a window, each source
/// (see `SocketAddress.source`) may cause `perSourceMax` lines of a kind, and all sources together
/// `perKindMax`. Other lines are counted, and `takeReports` tells their number when the window is over.
/// Memory is kept only of sources that caused a written line, so that it is bounded as well.
package struct StrangerLines {
    /// The subject of a line. Each kind is limited by itself, so that a flood of one hides no other.
    package enum Kind: UInt8, CaseIterable {
        case connection, noVersion, badVersion, handshake, certificate, unknownKey, farewell
        case eviction, resources
    }

    package enum Verdict: Equatable {
        /// The first line of that kind and source in this window.
        case first
        case again
        /// Too many lines were written already.
        case leftOut
    }

    /// Lines that were left out in a window.
    package struct Report: Equatable {
        package let kind: Kind
        /// nil: all sources that have no report of their own.
        package let source: SocketAddress?
        package let count: Int
    }

    fileprivate struct Counts {
        var written = 0
        var leftOut = 0
    }

    fileprivate struct Tally {
        var written = 0
        /// Lines of sources that have no entry below.
        var leftOut = 0
        var sources: [SocketAddress: Counts] = [:]
    }

    package static let window: Duration = .seconds(60)
    /// A machine whose boot fails tries again every ten seconds or so.
    package static let perSourceMax = 5
    package static let perKindMax = 50
    /// Reports that name a source, of one kind and window.
    package static let reportsMax = 5

    private var tallies = Kind.allCases.map { _ in Tally() }
    private var end: Instant?
    private var leftOut = 0

    package init() {}

    /// When `takeReports` has something to tell; nil if no line was left out.
    package var reportsDue: Instant? { leftOut > 0 ? end : nil }

    /// Whether one more line may be written.
    ///
    /// - Precondition: reports that are due at `now` were taken.
    package mutating func line(
        _ kind: Kind, from address: SocketAddress, at now: Instant
    ) -> Verdict {
        if let end, end <= now { reset() }
        if end == nil { end = now + Self.window }
        let verdict = tallies[Int(kind.rawValue)].line(address.source)
        if verdict == .leftOut { leftOut += 1 }
        return verdict
    }

    /// The lines left out in a window that is over at `now`, the greatest sources of each kind first.
    package mutating func takeReports(at now: Instant) -> [Report] {
        guard let end, end <= now else { return [] }
        return takeReports()
    }

    /// The same, whether the window is over or not.
    package mutating func takeReports() -> [Report] {
        defer { reset() }
        guard leftOut > 0 else { return [] }
        return Kind.allCases.flatMap { tallies[Int($0.rawValue)].reports($0) }
    }

    private mutating func reset() {
        for index in tallies.indices { tallies[index] = Tally() }
        end = nil
        leftOut = 0
    }
}

extension StrangerLines.Tally {
    fileprivate mutating func line(_ source: SocketAddress) -> StrangerLines.Verdict {
        let hasRoom = written < StrangerLines.perKindMax
        guard var counts = sources[source] ?? (hasRoom ? .init() : nil) else {
            leftOut += 1
            return .leftOut
        }
        defer { sources[source] = counts }
        guard hasRoom, counts.written < StrangerLines.perSourceMax else {
            counts.leftOut += 1
            return .leftOut
        }
        written += 1
        counts.written += 1
        return counts.written == 1 ? .first : .again
    }

    fileprivate func reports(_ kind: StrangerLines.Kind) -> [StrangerLines.Report] {
        let named = sources.filter { $0.value.leftOut > 0 }.sorted {
            $0.value.leftOut > $1.value.leftOut
        }
        var reports = named.prefix(StrangerLines.reportsMax).map {
            StrangerLines.Report(kind: kind, source: $0.key, count: $0.value.leftOut)
        }
        let others = named.dropFirst(StrangerLines.reportsMax).reduce(leftOut) {
            $0 + $1.value.leftOut
        }
        if others > 0 { reports.append(.init(kind: kind, source: nil, count: others)) }
        return reports
    }
}

extension StrangerLines.Kind {
    /// That of the first line of a source in a window; further lines have `INFO`. A handshake that
    /// fails may be that of a machine which does not boot, and an operator has to see to it.
    package var level: LogLevel {
        switch self {
        case .handshake, .certificate, .resources: .warning
        case .connection, .noVersion, .badVersion, .unknownKey, .farewell, .eviction: .info
        }
    }

    /// How lines of the kind are called where they are counted.
    package var title: StaticString {
        switch self {
        case .connection: "connections"
        case .noVersion: "no protocol version"
        case .badVersion: "unknown protocol version"
        case .handshake: "TLS handshake failed"
        case .certificate: "bad certificate"
        case .unknownKey: "key of no client"
        case .farewell: "no orderly goodbye"
        case .eviction: "dropped for others (max_connections, max_connections_per_source)"
        case .resources: "not served for want of memory or descriptors"
        }
    }
}
