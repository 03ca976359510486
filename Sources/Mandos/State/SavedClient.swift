package import Reactor

/// What is saved of one client.
package struct SavedClient: Equatable {
    package let name: ClientName
    /// clients.conf as the server knew it. nil only if whoever saved did not save that.
    package var configured: ClientValues?
    /// nil if it was removed while the server ran: it stays away as long as clients.conf has it.
    package var current: Current?

    package struct Current: Equatable {
        package var isEnabled: Bool
        /// What was changed while the server ran; nil for what was not.
        package var changed: ClientValues
        package var created: WallTime
        package var lastEnabled: WallTime?
        /// nil if it is that of clients.conf.
        package var secret: SealedBytes?
        package var liveness: Liveness
    }

    package init(name: ClientName, configured: ClientValues?, current: Current?) {
        self.name = name
        self.configured = configured
        self.current = current
    }
}

/// How a client is doing. Changes with each check, so it is saved apart and less often.
package struct Liveness: Equatable {
    /// nil while it is disabled.
    package var expires: WallTime?
    package var lastCheckedOK: WallTime?
    /// As in `ClientRecord`.
    package var lastCheckerStatus = -2
    package var lastApprovalRequest: WallTime?

    package init() {}

    package init(_ record: ClientRecord) {
        expires = record.expires
        lastCheckedOK = record.lastCheckedOK
        lastCheckerStatus = record.lastCheckerStatus
        lastApprovalRequest = record.lastApprovalRequest
    }
}

/// All that was saved.
package struct SavedState {
    package var clients: [ClientName: SavedClient] = [:]
    /// When the latest of it was saved. nil if nothing tells.
    package var newest: WallTime?
    /// What is wrong with the file, if a part of it is lost: then it is not known of a client that
    /// is missing here whether it was trusted.
    package var damage: String?

    package init() {}
}
