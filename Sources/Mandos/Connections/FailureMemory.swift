internal import Reactor

/// How often connections of a source have lately ended without a proof of who they are.
///
/// Each counts for one to two minutes. There are two tables; the younger takes the place of the older
/// when it is a minute old or full, so that neither time nor memory grows with the number of sources.
struct FailureMemory {
    private var recent: [Source: UInt8] = [:]
    private var older: [Source: UInt8] = [:]
    private var begun = Instant(nanoseconds: .min)

    /// More make no difference.
    static let countMax = Shares<Source, StrangerKind>.burdenMax
    static let span: Duration = .seconds(60)
    /// For each of two tables; some 100 bytes each.
    static let sourcesMax = 8192

    /// At most `countMax`.
    func count(of source: Source) -> Int {
        if recent.isEmpty, older.isEmpty { return 0 }
        return min(Self.countMax, Int(recent[source] ?? 0) + Int(older[source] ?? 0))
    }

    mutating func note(_ source: Source, at now: Instant) {
        expire(at: now)
        if recent.count >= Self.sourcesMax { renew(at: now) }
        let count = recent[source] ?? 0
        if count < Self.countMax { recent[source] = count + 1 }
    }

    mutating func forget(_ source: Source) {
        if !recent.isEmpty { recent.removeValue(forKey: source) }
        if !older.isEmpty { older.removeValue(forKey: source) }
    }

    /// Forgets what is too old.
    mutating func expire(at now: Instant) {
        if now < begun + Self.span, begun <= now { return }
        if begun + Self.span * 2 <= now { recent = [:] }
        renew(at: now)
    }

    private mutating func renew(at now: Instant) {
        (older, recent) = (recent, [:])
        begun = now
    }
}
