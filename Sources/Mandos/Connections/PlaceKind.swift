internal import Reactor

/// The use that is made of a place, in the order in which places of equally heavy holders are
/// given to others.
protocol PlaceKind: RawRepresentable where RawValue == Int {
    static var count: Int { get }

    /// The kind whose oldest place goes first.
    ///
    /// - Parameter oldest: since when the oldest place of a kind has been of it; nil if there is none.
    static func firstToGo(at now: Instant, _ oldest: (Self) -> Instant?) -> Self?

    /// Until when no place is to go for somebody who is no better; nil if one may go at once.
    ///
    /// - Parameter span: how long a place is kept at least.
    static func respite(within span: Duration, _ oldest: (Self) -> Instant?) -> Instant?
}

/// A peer of which nobody knows who it is.
enum StrangerKind: Int, PlaceKind {
    /// Was refused, and has only to say goodbye.
    case leaving
    /// Has not sent its line.
    case silent
    /// Does not answer our handshake, and came when it was crowded already.
    case crowding
    /// Waits for our time, not we for it.
    case queued
    /// As `crowding`, but came when there was room. What comes before a storm survives it.
    case early

    static let count = 5

    /// A peer sends its line with the packet that completes the connection, or right after.
    static let silenceAllowed: Duration = .milliseconds(100)
    /// A slow machine far away answers within this.
    static let answerAllowed: Duration = .milliseconds(250)

    static func firstToGo(
        at now: Instant, _ oldest: (StrangerKind) -> Instant?
    ) -> StrangerKind? {
        if oldest(.leaving) != nil { return .leaving }
        switch (oldest(.silent), oldest(.crowding)) {
        case (let silent?, let crowding?):
            // A line on its way is as good as a handshake that has just begun.
            return silent + silenceAllowed <= now || silent < crowding ? .silent : .crowding
        case (_?, nil): return .silent
        case (nil, _?): return .crowding
        case (nil, nil): break
        }
        if oldest(.queued) != nil { return .queued }
        return oldest(.early) != nil ? .early : nil
    }

    static func respite(
        within span: Duration, _ oldest: (StrangerKind) -> Instant?
    ) -> Instant? {
        if oldest(.leaving) != nil { return nil }
        let silent = oldest(.silent).map { $0 + min(silenceAllowed, span) }
        let crowding = oldest(.crowding).map { $0 + span }
        if let silent, let crowding { return min(silent, crowding) }
        return silent ?? crowding ?? oldest(.queued).map { $0 + span }
    }
}

/// A peer that has proved to be a client.
enum ClientKind: Int, PlaceKind {
    /// Was served or refused, and has only to say goodbye.
    case leaving
    case awaitingApproval
    case sending

    static let count = 3

    static func firstToGo(at now: Instant, _ oldest: (ClientKind) -> Instant?) -> ClientKind? {
        if oldest(.leaving) != nil { return .leaving }
        if oldest(.awaitingApproval) != nil { return .awaitingApproval }
        return oldest(.sending) != nil ? .sending : nil
    }

    static func respite(
        within span: Duration, _ oldest: (ClientKind) -> Instant?
    ) -> Instant? { nil }
}
