extension BusConnection {
    /// Follows who has a well-known name. Starts nothing: to start a service by its name, call it.
    ///
    /// - Parameter handler: called with the unique name of the owner, or nil if there is none: once
    ///   soon, and then with each change.
    package func watchOwner(
        of name: String, handler: @escaping (String?) -> Void
    ) throws(BusError) -> BusNameWatch {
        let changes = try matchBus("NameOwnerChanged", argument: name) { message in
            guard (try? message.readString()) == name, (try? message.readString()) != nil,
                let owner = try? message.readString()
            else { return }
            handler(owner.isEmpty ? nil : owner)
        }
        // The bus does things in order: what it answers is what the changes start from.
        let question = try call(
            .bus, "GetNameOwner", arguments: { $0.append(name) },
            reply: { reply in
                guard case .success(let message) = reply else { return handler(nil) }
                handler(try? message.readString())
            })
        return BusNameWatch(changes: changes, question: question)
    }
}

/// Follows the owner of a name, until it is let go.
@usableFromInline  // see BusSlot
package struct BusNameWatch: ~Copyable {
    private let changes: BusSlot
    private let question: BusSlot

    init(changes: consuming BusSlot, question: consuming BusSlot) {
        self.changes = changes
        self.question = question
    }
}
