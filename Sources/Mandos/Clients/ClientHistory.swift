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

    /// The rest of its time.
    package enum TimeLeft: Equatable {
        /// So much of the time in which a server can check.
        case counting(Duration, isGraced: Bool)
        /// So much from now on; nobody is sure of that if the calendar is not to be trusted.
        case fixed(Duration, isSure: Bool)

        package var span: Duration {
            switch self {
            case .counting(let span, _), .fixed(let span, _): span
            }
        }
    }

    package var start: Start
    /// Whether it was added while the server ran, and is not one of clients.conf.
    package var isAdded = false
    /// Of one that is resumed.
    package var timeLeft: TimeLeft?
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
