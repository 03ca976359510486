package import Reactor

/// The input of `Restoration`, besides the saved state.
package struct RestorationInput {
    /// The sections of clients.conf that are served.
    package var configured: [SharedSettings]
    /// Those that are left out because something is wrong with them. What was saved of these clients
    /// stays, until that is put right.
    package var rejected: [ClientName] = []
    /// Those of them that are left out because they have the same key.
    package var sharedKeys: [SharedKey] = []
    /// For how long what clients.conf does not have is kept.
    package var keptFor: Duration = ServerSettings.revocationsKeptByDefault
    /// By which secrets of clients that were added are sealed. nil if there is none.
    package var stateKey: SharedSecret?
    package var now: WallTime

    package init(_ configured: [SharedSettings], now: WallTime) {
        self.configured = configured
        self.now = now
    }
}
