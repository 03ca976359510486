import Foundation

/// What clients may be like after a crash, by what was done and confirmed before.
struct CrashModel {
    /// By name, as `mandos-state-crasher` describes them.
    typealias Clients = [String: [String]]

    /// That of a client of which nothing was saved.
    static let fresh = ["enabled", "", "86400", "secret"]

    /// One of these it is.
    private(set) var candidates: [Clients] = [[:]]
    private var nextName = 6
    private(set) var names = (0..<6).map { "c\($0)" }

    var clientsFile: String {
        names.map {
            "[\($0)]\nkey_id = 00\nchecker = :\ntimeout = P1D\nsecret = c2VjcmV0\n"
        }.joined()
    }

    /// Takes note of a run. Returns false if the clients began as they cannot have been.
    mutating func follow(_ round: CrashRound) -> Bool {
        guard let start = round.start else { return true }  // it has done nothing
        let denied = Self.denied(round)
        let expected = candidates.map { candidate in
            Dictionary(
                uniqueKeysWithValues: names.map { name in
                    var client = candidate[name] ?? Self.fresh
                    if denied.contains(name), client != ["removed"] { client[0] = "disabled" }
                    return (name, client)
                })
        }
        guard expected.contains(start) else { return false }
        var states = [start]
        for (name, action) in round.actions {
            var next = states[states.count - 1]
            next[name] = Self.apply(action, to: next[name]!)
            states.append(next)
        }
        // An end in good order saves everything; otherwise what was not confirmed may be lost.
        candidates = Array(states[(round.hasEnded ? states.count - 1 : round.savedCount)...])
        replaceRemoved(start)
        return true
    }

    /// Those who were disabled when the older of the two files was written, and are so again: an enable
    /// that nobody confirmed is lost, and told.
    private static func denied(_ round: CrashRound) -> Set<String> {
        let lines = round.log.filter { $0.contains("revocations.log only: ") }
        return Set(
            lines.flatMap { $0.components(separatedBy: ": ").last!.components(separatedBy: ", ") })
    }

    /// Somebody has removed the state.
    mutating func forget() { candidates = [[:]] }

    private static func apply(_ action: [String], to client: [String]) -> [String] {
        guard client != ["removed"] else { return client }
        var client = client
        switch action[0] {
        case "disable": client[0] = "disabled"
        case "enable": client[0] = "enabled"
        case "remove": client = ["removed"]
        case "host": client[1] = action[1]
        case "timeout": client[2] = action[1]
        case "secret": client[3] = action[1]
        default: break
        }
        return client
    }

    /// Somebody takes those that were removed out of clients.conf, and adds others.
    private mutating func replaceRemoved(_ clients: Clients) {
        guard clients.values.count(where: { $0 == ["removed"] }) > 3 else { return }
        for index in names.indices where clients[names[index]] == ["removed"] {
            names[index] = "c\(nextName)"
            nextName += 1
        }
    }
}
