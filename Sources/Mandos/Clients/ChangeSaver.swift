/// What became of changes that were to be saved.
package enum SaveOutcome: Equatable {
    case saved
    /// They are in force, but a restart would undo them.
    case notSaved(reason: String)
}

/// Saves what changes of clients, so that it survives a restart.
package protocol ChangeSaver: AnyObject {
    /// Calls `action` once all that has been changed until now is on disk, or could not be written:
    /// at the end of this turn, or at once if there is nothing to wait for.
    func whenSaved(_ action: @escaping (SaveOutcome) -> Void)

    /// Why changes are not being saved. nil if they are.
    var problem: String? { get }
}

extension ClientRegistry {
    /// Whoever changes a client answers in `action`: nobody may hear that a client is disabled or
    /// removed before a restart could not undo it. See `ChangeSaver`.
    package func whenDurable(_ action: @escaping (SaveOutcome) -> Void) {
        guard let saver else { return action(.saved) }
        saver.whenSaved(action)
    }
}

extension SaveOutcome {
    /// For whoever asked for the change. nil if there is nothing to say.
    package var complaint: String? {
        switch self {
        case .saved: nil
        case .notSaved(let reason): "applied, not saved: \(reason)"
        }
    }
}
