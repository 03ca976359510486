package import Reactor

extension Restoration {
    package static func ignoring(
        _ saved: SavedState, _ configured: [SharedSettings], rejected: [ClientName] = [],
        now: WallTime
    ) -> Restoration {
        var input = RestorationInput(configured, now: now)
        input.rejected = rejected
        return ignoring(saved, input)
    }

    /// Begins with what clients.conf says, whatever was saved, and names those who are trusted again
    /// by that. What clients.conf does not have is kept nevertheless.
    package static func ignoring(_ saved: SavedState, _ input: RestorationInput) -> Restoration {
        let known = Restoration(input, saved: saved)
        var fresh = Restoration(input, saved: SavedState())
        let before = Revocations(saved.revocations)
        fresh.revocations = before
        for shared in input.configured where shared.values.isEnabled {
            let settings = shared.values
            for revocation in fresh.revocations.endAll(of: settings.name, ClientKey(settings)) {
                fresh.say(.warning, revocation.endText(for: settings.name, deed: "not restored"))
            }
        }
        fresh.revocations.end(Revocation.ofUnknownClients)
        let added = known.records.filter { $0.isAdded }.map { $0.settings.name }
        let names = Set(input.configured.map { $0.values.name })
        fresh.kept = known.kept.filter { !names.contains($0.name) } + known.sections.values
        fresh.dropped = known.dropped + added.filter { known.sections[$0] == nil }
        fresh.noteTrusted(besides: known, before)
        fresh.say(.warning, "not restored, so gone although they were added at run time", added)
        if let damage = saved.damage {
            fresh.say(.critical, "the saved state is damaged, and not restored: \(damage)")
        }
        return fresh
    }

    /// Names those who are trusted, or trusted more, because nothing was restored.
    private mutating func noteTrusted(besides known: Restoration, _ before: Revocations) {
        let saved = known.saved.clients
        let names = input.configured.filter { $0.values.isEnabled }.map { $0.values.name }
        let disabled = Set(
            known.records.filter {
                $0.start == .disabled
                    && (saved[$0.settings.name] != nil
                        || !before.applying(to: $0.settings.name, ClientKey($0.settings)).isEmpty)
            }.map { $0.settings.name })
        let removed = Set(known.removed)
        say(
            .warning, "not restored, so enabled again although they were disabled",
            names.filter { disabled.contains($0) || saved[$0]?.current?.isEnabled == false })
        say(
            .warning, "not restored, so there again although they were removed",
            names.filter { removed.contains($0) || saved[$0].map { $0.current == nil } == true })
        var inForce: [ClientName: ClientValues] = [:]
        for record in known.records where !record.isAdded {
            inForce[record.settings.name] = ClientValues(record.settings)
        }
        for shared in input.configured where shared.values.isEnabled {
            guard let old = inForce[shared.values.name] else { continue }
            noteGains(shared.values, over: old)
        }
    }
}
