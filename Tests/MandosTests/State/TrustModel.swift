/// The rule of mandos(8), REVOCATION, in words: who is served, by key.
struct TrustModel {
    struct Section: Equatable { var key: Int, isOn: Bool }
    struct Loss: Hashable { let name: String, key: Int }

    /// clients.conf as it was seen last of each name, also of those that are away.
    var seen: [String: Section] = [:]
    /// Whether the client was enabled when it was last there.
    var wasOn: [String: Bool] = [:]
    var removed: Set<String> = []
    var added: [String: Section] = [:]
    /// Who has lost which key. A key is revoked as long as anybody has lost it.
    var lost: Set<Loss> = []
    /// Clients that are there now, and whether each is enabled.
    var now: [String: Section] = [:]
    var shared: Set<Int> = []

    mutating func start(_ conf: [String: Section]) {
        now = [:]
        shared = Set(
            conf.values.map { $0.key }.filter { key in
                conf.values.count { $0.key == key } > 1
            })
        let sections = conf.filter { !shared.contains($0.value.key) }
        let keys = Set(sections.values.map { $0.key })
        // In the order of the file, in which a key of another section never matters.
        for (name, section) in sections.sorted(by: { $0.key < $1.key }) {
            begin(name, section, keys)
            seen[name] = section
        }
        for (name, client) in added.sorted(by: { $0.key < $1.key }) where now[name] == nil {
            if now.values.contains(where: { $0.key == client.key }) {
                added[name] = nil
                if seen[name] != nil { removed.insert(name) }
            } else if !shared.contains(client.key) {
                if isRevoked(client.key) { revoke(name, client.key) }
                serve(name, client.key, client.isOn && !isRevoked(client.key))
            }
        }
    }

    private mutating func begin(_ name: String, _ section: Section, _ keys: Set<Int>) {
        let (old, key) = (seen[name], section.key)
        let isSwitchedOn = old?.key == key && old?.isOn == false && section.isOn
        // A section that loses its key revokes it, unless another section has it now.
        if let old, old.key != key, !keys.contains(old.key) { revoke(name, old.key) }
        if isSwitchedOn { restore(key) }
        if let client = added[name] {
            // A section takes a client over that has its key; another key gets nothing any more.
            if client.key == key {
                added[name] = nil
                return serve(name, key, section.isOn && !isRevoked(key))
            }
            if old?.key == key, !isSwitchedOn, isRevoked(key) { return revoke(name, key) }
            added[name] = nil
            if !keys.contains(client.key) { revoke(name, client.key) }
        } else if !isSwitchedOn, old?.key == key || old == nil && lost.contains(loss(name, key)) {
            // An unchanged section returns as it was.
            if removed.contains(name) {
                return revoke(name, key)
            }
            let isOn = wasOn[name] == true && (section.isOn || old?.isOn == false)
            let isKept = section.isOn || old?.isOn == false
            if isKept, isRevoked(key) || (section.isOn && wasOn[name] != true) { revoke(name, key) }
            return serve(name, key, isOn && !isRevoked(key))
        }
        // clients.conf has changed for it.
        if section.isOn { restore(key) }
        serve(name, key, section.isOn)
    }

    private mutating func serve(_ name: String, _ key: Int, _ isOn: Bool) {
        removed.remove(name)
        now[name] = Section(key: key, isOn: isOn)
        if added[name] != nil { added[name]?.isOn = isOn } else { wasOn[name] = isOn }
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
        revoke(name, client.key)
        added[name] = nil
        removed.insert(name)
    }

    /// Found in files of another server.
    mutating func adopt(_ name: String, _ key: Int) {
        revoke(name, key)
        for (name, client) in now where client.key == key { disable(name) }
    }

    func isRevoked(_ key: Int) -> Bool { lost.contains { $0.key == key } }

    private func loss(_ name: String, _ key: Int) -> Loss { Loss(name: name, key: key) }
    private mutating func revoke(_ name: String, _ key: Int) { lost.insert(loss(name, key)) }
    private mutating func restore(_ key: Int) { lost = lost.filter { $0.key != key } }

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
