internal import Reactor

// A section of clients.conf under whose name a client was added while clients.conf did not have it.
extension SavedClient {
    /// What of the section is in the row of the client that was added. There is no place for what was
    /// changed while the server ran, but that an approval was withheld must not be forgotten.
    var sectionValues: ClientValues? {
        guard var values = configured else { return nil }
        if current?.changed.isApprovedByDefault == false { values.isApprovedByDefault = false }
        return values
    }

    /// The section, out of the row of the client that was added. Revocations tell who is disabled.
    func section(isRemoved: Bool, now: WallTime) -> SavedClient {
        var section = self
        section.current = nil
        guard !isRemoved else { return section }
        var changed = ClientValues()
        if configured?.isApprovedByDefault == false {
            changed.isApprovedByDefault = false
            section.configured?.isApprovedByDefault = nil  // who has withheld it is not known
        }
        section.current = Current(
            isEnabled: configured?.isEnabled ?? true, changed: changed, created: now,
            lastEnabled: nil, secret: nil, liveness: Liveness())
        return section
    }
}
