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
        for settings in input.configured where settings.values.isEnabled {
            let settings = settings.values
            _ = fresh.revocations.endAll(of: settings.name, ClientKey(settings))
        }
        fresh.revocations.end(Revocation.ofUnknownClients)
        let added = known.records.filter { $0.isAdded }.map { $0.settings.name }
        fresh.kept = known.kept
        fresh.dropped = known.dropped + added
        let enabled = Set(input.configured.filter { $0.values.isEnabled }.map { $0.values.name })
        let revoked = known.records.filter {
            $0.start == .disabled && enabled.contains($0.settings.name)
                && (saved.clients[$0.settings.name] != nil
                    || !before.applying(to: $0.settings.name, ClientKey($0.settings)).isEmpty)
        }
        fresh.say(
            .warning, "not restored, so enabled again although they were disabled",
            revoked.map { $0.settings.name })
        fresh.say(
            .warning, "not restored, so there again although they were removed",
            known.removed.filter { enabled.contains($0) })
        fresh.say(.warning, "not restored, so gone although they were added at run time", added)
        if let damage = saved.damage {
            fresh.say(.critical, "the saved state is damaged, and not restored: \(damage)")
        }
        return fresh
    }
}
