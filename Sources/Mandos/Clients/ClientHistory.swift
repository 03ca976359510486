package import Reactor

/// What is known of a client from before the server was started.
package struct ClientHistory: Equatable {
    /// How its life goes on when the server starts.
    package enum Start: Equatable {
        case disabled
        /// As if somebody had enabled it just now.
        case enabled
        /// It has been enabled all the time.
        case resumed
    }

    package var start: Start
    /// Whether it was added while the server ran, and is not one of clients.conf.
    package var isAdded = false
    package var created: WallTime
    package var lastEnabled: WallTime?
    package var lastCheckedOK: WallTime?
    /// As in `ClientRecord`.
    package var lastCheckerStatus = -2
    package var lastApprovalRequest: WallTime?

    package init(start: Start, created: WallTime) {
        self.start = start
        self.created = created
    }
}
