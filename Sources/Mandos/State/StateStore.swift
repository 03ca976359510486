package import Reactor

/// Where state survives the server.
package protocol StateStore: AnyObject {
    /// Reads all that was saved. Changes nothing of it.
    ///
    /// - Parameter names: of clients that matter, by which the remains of a damaged file are
    ///   searched.
    /// - Returns: nil if nothing was ever saved.
    /// - Throws: when there may be state, but it cannot be read. Nobody knows then who is trusted.
    ///   Also if another server has it: from here on, until `close`, no other can.
    func load(searching names: [ClientName]) throws(StateError) -> SavedState?

    /// Either all of it is on disk when this returns, or nothing of it.
    ///
    /// - Parameters:
    ///   - changes: since the last time that it was successful, or since `load`.
    ///   - complete: everything; asked for if what was there before is not there any more.
    func save(_ changes: StateChanges, or complete: () -> StateChanges) throws(StateError)

    /// A random key that is kept beside the state, and not with it: who has a copy of the state alone
    /// cannot open what is sealed by it.
    ///
    /// - Parameter isMade: whether it is made if there is none.
    /// - Returns: nil if there is none.
    /// - Throws: if it cannot be read, or written.
    func key(isMade: Bool) throws(StateError) -> SharedSecret?

    /// Findings of saves since the last time: files that another has put in place of those
    /// that were written last.
    func takeForeign() -> ForeignState

    /// Lets go of what is open. Nothing is lost by not calling it.
    func close()

    /// What the operator should know, since the last time.
    func takeNotes() -> [String]
}

/// What is to be saved at once.
package struct StateChanges {
    /// When that is.
    package var time: WallTime
    package var clients: [SavedClient] = []
    /// Of clients of which nothing else has changed.
    package var liveness: [(name: ClientName, value: Liveness)] = []
    /// To be forgotten altogether.
    package var dropped: [ClientName] = []
    /// Begun, or another than before.
    package var revocations: [Revocation] = []
    /// Not in force any more.
    package var endedRevocations: [Revocation.Identity] = []

    package init(time: WallTime) { self.time = time }

    package var isEmpty: Bool { count == 0 }

    var count: Int {
        clients.count + liveness.count + dropped.count + revocations.count
            + endedRevocations.count
    }
}
