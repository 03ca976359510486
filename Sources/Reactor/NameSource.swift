/// What is known of a name.
package enum NameAnswer: Equatable {
    case address(SocketAddress)
    /// There is no such host, or it has no address.
    case noHost
    /// Somebody else has to be asked.
    case unanswered

    package var isAddress: Bool { if case .address = self { true } else { false } }
}

/// Somebody whom a `NameResolver` asks first.
package protocol NameSource: AnyObject {
    /// Begins to look for `host`, if it can now.
    ///
    /// - Parameter answered: called at most once, later, and not after `forget`.
    /// - Returns: false if it does not, and `answered` is not called.
    func ask(
        _ host: String, as id: UInt64, answered: @escaping (NameAnswer) -> Void
    ) -> Bool

    /// Nobody wants to know any more. Does nothing for a question that is not open.
    func forget(_ id: UInt64)
}
