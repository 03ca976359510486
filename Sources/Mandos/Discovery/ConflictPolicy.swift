package import Reactor

/// Which claims to a name of ours are taken seriously, so that somebody who only pretends to have
/// it cannot silence us. Reads no clock.
///
/// avahi-core answers for a name no longer once somebody else claims it, probes for a second, and
/// gives it up if the claim is repeated (RFC 6762, section 9). A host that really has the name
/// repeats its claim for as long as we have it, too; so it is enough to listen now and then.
package struct ConflictPolicy {
    /// More than other servers on the link can honestly cause one after the other: each server makes
    /// up a random name after `ServiceNaming.honestConflictsMax` of them.
    private var service = TokenBucket(capacity: 6, perSecond: 1)
    /// The name of the host is random, so nobody can have it but a copy of this very process.
    private var host = TokenBucket(capacity: 2, perSecond: 1)

    /// A claim in so many seconds: each costs a second or so in which nobody finds us.
    package static let interval: Duration = .seconds(20)
    /// How long avahi-core probes for a name that it was given, or that somebody has claimed.
    package static let probing: Duration = .seconds(2)

    private var probesUntil = Instant(nanoseconds: .min)

    package init() {}

    /// avahi-core begins to probe for names.
    package mutating func probes(at now: Instant) { probesUntil = now + Self.probing }

    /// - Returns: whether avahi-core is to hear that somebody else has the name.
    package mutating func honours(_ subject: OwnRecord.Subject, at now: Instant) -> Bool {
        let slow = Self.slowed(now)
        let isHonoured =
            switch subject {
            case .service: Self.take(from: &service, at: slow)
            case .host: Self.take(from: &host, at: slow)
            }
        if isHonoured { probes(at: now) }
        return isHonoured
    }

    /// - Returns: whether avahi-core is to hear that somebody is about to claim the name. It only
    ///   minds while it probes for it itself.
    package mutating func honoursProbe(for subject: OwnRecord.Subject, at now: Instant) -> Bool {
        now >= probesUntil || honours(subject, at: now)
    }

    private static func take(from bucket: inout TokenBucket, at time: Instant) -> Bool {
        guard bucket.has(1, at: time) else { return false }
        bucket.spend(1, at: time)
        return true
    }

    /// A clock on which a second passes in an `interval`: buckets count in whole units a second.
    private static func slowed(_ now: Instant) -> Instant {
        Instant(nanoseconds: now.nanoseconds / interval.components.seconds)
    }
}
