/// The rule of mandos(8), REVOCATION, in words: who is served, by key.
///
/// A key is revoked as long as anybody has lost it. Disabling, removing and expiry lose it, and so does
/// an import; so does a section that gets another key, but that is only being replaced. An operator
/// gets it back by enabling or adding a client that has it, or by a change of clients.conf: a section
/// that is new to the key, or goes from `enabled = no` to yes. A section that returns to a key which it
/// had before gets back no more than what was replaced. --no-restore gets back the keys of all
/// sections that are enabled. While the two files of the state do not agree, a start gets nothing back.
struct TrustModel {
    struct Section: Equatable {
        var key: Int, isOn: Bool
        /// Whether it has the fingerprint of the key, too, which changes nothing.
        var isPrinted = false
    }
    struct Loss: Hashable { let name: String, key: Int }
    enum Reason { case replaced, removed, other }
    enum Start { case plain, ignoring, doubtful }

    /// clients.conf as it was seen last of each name, also of those that are away.
    var seen: [String: Section] = [:]
    /// Whether the client of the section was enabled when it was last there.
    var wasOn: [String: Bool] = [:]
    /// Sections whose client was removed.
    var removed: Set<String> = []
    var added: [String: Section] = [:]
    var lost: [Loss: Reason] = [:]
    /// Clients that are there now, and whether each is enabled.
    var now: [String: Section] = [:]
    var shared: Set<Int> = []
    /// The sections of clients.conf that are not left out.
    private var sections: [String: Section] = [:]
    private var isDoubtful = false

    mutating func start(_ conf: [String: Section], _ kind: Start = .plain) {
        now = [:]
        shared = Set(
            conf.values.map { $0.key }.filter { key in
                conf.values.count { $0.key == key } > 1
            })
        sections = conf.filter { !shared.contains($0.value.key) }
        isDoubtful = kind == .doubtful
        defer { isDoubtful = false }
        if kind == .ignoring { return ignore() }
        let keys = Set(sections.values.map { $0.key })
        // In the order of the file, in which a key of another section never matters.
        for (name, section) in sections.sorted(by: { $0.key < $1.key }) {
            begin(name, section, keys)
            seen[name] = section
        }
        for (name, client) in added.sorted(by: { $0.key < $1.key }) where now[name] == nil {
            if now.values.contains(where: { $0.key == client.key }) {
                added[name] = nil
                settle(name)
            } else if !shared.contains(client.key) {
                if isRevoked(client.key) { copy(name, client.key) }
                serve(name, client.key, client.isOn && !isRevoked(client.key))
                if sections[name] == nil { settle(name) }
            }
        }
    }

    /// All begins as clients.conf says.
    private mutating func ignore() {
        for section in sections.values where section.isOn { restore(section.key) }
        for name in added.keys where sections[name] == nil && !shared.contains(added[name]!.key) {
            settle(name)
        }
        added = added.filter { sections[$0.key] == nil && shared.contains($0.value.key) }
        for (name, section) in sections {
            serve(name, section.key, section.isOn)
            seen[name] = section
        }
    }

    /// Of a section under whose name a client was added, no more is known after a restart.
    private mutating func settle(_ name: String) {
        guard let section = seen[name] else { return }
        if sections[name] != nil {
            removed.insert(name)
        } else if lost[loss(name, section.key)] == .removed {
            removed.insert(name)
        } else {
            removed.remove(name)
            wasOn[name] = section.isOn
        }
    }

    private mutating func begin(_ name: String, _ section: Section, _ keys: Set<Int>) {
        let (old, key) = (seen[name], section.key)
        let isSwitchedOn =
            old?.key == key && old?.isOn == false && section.isOn
            && !(isDoubtful && isRevoked(key))
        // A section that loses its key revokes it, unless another section has it now.
        if let old, old.key != key, !keys.contains(old.key) { replace(name, old.key) }
        if isSwitchedOn { restore(key) }
        let isUnchanged = old?.key == key && !isSwitchedOn
        if let client = added[name] {
            // A section takes a client over that has its key; another key gets nothing any more.
            if client.key == key {
                added[name] = nil
                return serve(name, key, section.isOn && !isRevoked(key))
            }
            if isUnchanged ? isRevoked(key) : isLasting(name, key) { return copy(name, key) }
            added[name] = nil
            if !keys.contains(client.key) { replace(name, client.key) }
        } else if isUnchanged || old == nil && lost[loss(name, key)] != nil {
            return beginUnchanged(name, section)
        }
        // clients.conf has changed for it.
        guard section.isOn else { return serve(name, key, false) }
        change(name, key)
        guard isRevoked(key) else { return serve(name, key, true) }
        if lost[loss(name, key)] == .removed { return leave(name) }
        copy(name, key)
        serve(name, key, false)
    }

    /// It returns as it was.
    private mutating func beginUnchanged(_ name: String, _ section: Section) {
        let (old, key) = (seen[name], section.key)
        guard let old else {
            return lost[loss(name, key)] == .removed ? leave(name) : serve(name, key, false)
        }
        if removed.contains(name) {
            if lost[loss(name, key)] == nil { revoke(name, key, .removed) }
            return
        }
        let isOn = wasOn[name] == true && (section.isOn || !old.isOn)
        if section.isOn || !old.isOn {
            if isRevoked(key) {
                copy(name, key)
            } else if section.isOn, wasOn[name] != true {
                revoke(name, key)
            }
        }
        serve(name, key, isOn && !isRevoked(key))
    }

    private mutating func leave(_ name: String) { removed.insert(name) }

    private mutating func serve(_ name: String, _ key: Int, _ isOn: Bool) {
        now[name] = Section(key: key, isOn: isOn)
        if added[name] != nil {
            added[name]?.isOn = isOn
        } else {
            removed.remove(name)
            wasOn[name] = isOn
        }
    }

    mutating func enable(_ name: String) {
        guard let client = now[name], !client.isOn else { return }
        restore(client.key)
        serve(name, client.key, true)
    }

    mutating func disable(_ name: String) {
        guard let client = now[name], client.isOn else { return }
        revoke(name, client.key)
        serve(name, client.key, false)
    }

    mutating func remove(_ name: String) {
        guard let client = now.removeValue(forKey: name) else { return }
        revoke(name, client.key, .removed)
        // Of a section that is away, nobody has removed the client.
        if added.removeValue(forKey: name) == nil || sections[name] != nil { removed.insert(name) }
    }

    /// Found in files of another server.
    mutating func adopt(_ name: String, _ key: Int) {
        let known = lost[loss(name, key)]
        if known == nil || known == .replaced { revoke(name, key) }
        for (name, client) in now where client.key == key { disable(name) }
    }

    /// - Parameters:
    ///   - pickled: of another state, clients.conf as it was there.
    ///   - isOn: whether the client was enabled there; nil if it was removed.
    ///   - current: clients.conf as it is.
    mutating func take(_ name: String, _ pickled: Section, isOn: Bool?, _ current: Section?) {
        let isDenied = isOn == nil || isOn == false && pickled.isOn
        if isDenied {
            for key in [pickled.key] + (current.map { [$0.key] } ?? []) {
                let known = lost[loss(name, key)]
                if known == nil || known == .replaced {
                    revoke(name, key, isOn == nil ? .removed : .other)
                }
            }
        }
        guard added[name] == nil else { return }
        if seen[name] != nil {
            if isOn != true { wasOn[name] = false }
        } else {
            seen[name] = pickled
            wasOn[name] = isOn == true
        }
        if isOn == nil { removed.insert(name) }
        if isDenied, let current { seen[name]?.isOn = current.isOn }
    }

    /// An older copy of the database, beside the revocations of now.
    mutating func putBack(_ older: TrustModel) {
        let lost = lost
        self = older
        self.lost.merge(lost) { old, _ in old }
    }

    func isRevoked(_ key: Int) -> Bool { lost.contains { $0.key.key == key } }
    /// More than that the key was replaced.
    private func isGrave(_ key: Int) -> Bool {
        lost.contains { $0.key.key == key && $0.value != .replaced }
    }
    /// Whether a change of clients.conf gives the key back.
    private func isLasting(_ name: String, _ key: Int) -> Bool {
        isDoubtful ? isRevoked(key) : lost[loss(name, key)] != nil && isGrave(key)
    }

    private func loss(_ name: String, _ key: Int) -> Loss { Loss(name: name, key: key) }
    private mutating func revoke(_ name: String, _ key: Int, _ reason: Reason = .other) {
        lost[loss(name, key)] = reason
    }
    private mutating func replace(_ name: String, _ key: Int) {
        if lost[loss(name, key)] == nil { revoke(name, key, .replaced) }
    }
    private mutating func copy(_ name: String, _ key: Int) {
        guard lost[loss(name, key)] == nil else { return }
        revoke(name, key, isGrave(key) ? .other : .replaced)
    }
    private mutating func restore(_ key: Int) { lost = lost.filter { $0.key.key != key } }
    private mutating func change(_ name: String, _ key: Int) {
        guard !isDoubtful else { return }
        guard lost[loss(name, key)] != nil else { return restore(key) }
        lost = lost.filter { $0.key.key != key || $0.value != .replaced }
    }

    func canAdd(_ name: String, _ key: Int) -> Bool {
        now[name] == nil && !shared.contains(key)
            && !now.values.contains { $0.key == key }
    }

    mutating func add(_ name: String, _ key: Int, isOn: Bool) {
        if isOn { restore(key) }
        added[name] = Section(key: key, isOn: isOn)
        serve(name, key, isOn)
    }
}
