/// Which clients have changed since they were saved, and how soon that is to be made good.
struct DirtyClients {
    enum Urgency: Comparable {
        /// Lost by a crash, it would do no harm.
        case idle
        /// Lost by a crash, it might get a client disabled that is well.
        case soon
        /// Lost by a crash, it would give a client more time than it has.
        case prompt
        /// Trust or a setting.
        case now
    }

    private var urgencies: [ClientName: Urgency] = [:]
    /// The worst of all.
    private(set) var urgency: Urgency?

    var isEmpty: Bool { urgencies.isEmpty }

    mutating func mark(_ name: ClientName, _ urgency: Urgency) {
        if let known = urgencies[name], known >= urgency { return }
        urgencies[name] = urgency
        self.urgency = max(self.urgency ?? urgency, urgency)
    }

    /// Takes out those that are at least so urgent.
    mutating func take(_ least: Urgency) -> DirtyClients {
        var taken = DirtyClients()
        if least == .idle {
            swap(&taken, &self)
            return taken
        }
        var rest = DirtyClients()
        for (name, urgency) in urgencies {
            if urgency >= least { taken.mark(name, urgency) } else { rest.mark(name, urgency) }
        }
        self = rest
        return taken
    }

    /// Back again, because they could not be saved.
    mutating func merge(_ others: DirtyClients) {
        for (name, urgency) in others.urgencies { mark(name, urgency) }
    }

    /// In an order of its own.
    func forEach(_ body: (ClientName, Urgency) -> Void) {
        for (name, urgency) in urgencies { body(name, urgency) }
    }
}
