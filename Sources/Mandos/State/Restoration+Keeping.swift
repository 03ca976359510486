internal import Reactor

// Clients that are not in clients.conf at the moment are not forgotten.
extension Restoration {
    /// A clock that leaps makes nobody forget: so much at most counts of the time between two runs.
    static let absenceMax: Duration = .seconds(31 * 86_400)

    /// How much longer than before everything was away that is away.
    private var absence: Duration {
        guard let newest = saved.newest, newest < input.now, !isMissing, isCalendarRight(newest)
        else { return .zero }
        return min(input.now - newest, Self.absenceMax)
    }

    /// A machine whose clock does not run while it is off saves times of long ago until it is told the
    /// time. Each such run would count as an absence of the greatest length.
    private func isCalendarRight(_ newest: WallTime) -> Bool {
        newest >= Self.plausible && !saved.revocations.contains { $0.when > newest }
    }

    /// The first of 2026: this version is not older.
    private static let plausible = WallTime(microseconds: 1_767_225_600_000_000)

    /// If clients.conf has nobody at all, it is more likely to be missing than meant.
    private var isMissing: Bool { input.configured.isEmpty && input.rejected.isEmpty }

    mutating func keepTheRest() {
        let handled = Set(
            input.configured.map { $0.values.name } + records.map { $0.settings.name })
        let rejected = Set(input.rejected)
        var leavers: [ClientName] = []
        let known = Set(kept.map { $0.name } + dropped)
        for (name, client) in saved.clients where !handled.contains(name) && !known.contains(name) {
            if rejected.contains(name) {
                kept.append(client)
                continue
            }
            if client.absent == nil { leavers.append(name) }
            keepAbsent(client)
        }
        say(
            .info, "not in clients.conf, but kept in case that they return", leavers.sorted())
        ageRevocations(rejected)
        say(.warning, "not in clients.conf for too long, and forgotten", dropped.sorted())
    }

    /// Of one that was added under the name of a section that clients.conf does not have now.
    mutating func keepSection(of client: SavedClient) {
        guard client.configured != nil,
            !input.configured.contains(where: { $0.values.name == client.name })
        else { return }
        var section = section(of: client)
        guard !input.rejected.contains(client.name) else {
            sections[client.name] = section
            return
        }
        let absent = (client.absent ?? .zero) + absence
        section.absent = absent
        if absent <= input.keptFor { sections[client.name] = section }
    }

    private mutating func keepAbsent(_ client: SavedClient) {
        var client = client
        let absent = (client.absent ?? .zero) + absence
        client.absent = absent
        if absent > input.keptFor { dropped.append(client.name) } else { kept.append(client) }
    }

    /// Of one that is left out for now.
    mutating func keep(_ client: SavedClient) { kept.append(client) }

    /// Of one that was added and is not any more. What clients.conf has had under its name stays.
    mutating func forget(_ client: SavedClient) {
        guard client.configured != nil else { return dropped.append(client.name) }
        if input.configured.contains(where: { $0.values.name == client.name }) { return }
        let section = section(of: client)
        if input.rejected.contains(client.name) { keep(section) } else { keepAbsent(section) }
    }

    /// The section under whose name a client was added.
    func section(of client: SavedClient) -> SavedClient {
        let own = client.configuredKey.flatMap { revocations.own(client.name, $0) }
        return client.section(isRemoved: own?.reason == .removed, now: now)
    }

    private mutating func ageRevocations(_ rejected: Set<ClientName>) {
        var keys: [ClientName: [ClientKey]] = [:]
        for settings in input.configured {
            keys[settings.values.name, default: []].append(ClientKey(settings.values))
        }
        for record in records {
            keys[record.settings.name, default: []].append(ClientKey(record.settings))
        }
        for var revocation in revocations.all where !rejected.contains(revocation.name) {
            let isThere =
                keys[revocation.name]?.contains { $0.isSame(as: revocation.key) } ?? false
            let absent = isThere ? nil : (revocation.absent ?? .zero) + absence
            guard absent != revocation.absent else { continue }
            revocation.absent = absent
            if let absent, absent > input.keptFor {
                revocations.end(revocation.identity)
                say(
                    .warning,
                    "client \(revocation.name.text): not in clients.conf with that key for too "
                        + "long, so its revocation is forgotten: \(revocation.text)")
            } else {
                revocations.begin(revocation)
            }
        }
    }
}
