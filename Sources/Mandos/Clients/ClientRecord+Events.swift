package import Reactor

extension ClientRecord {
    /// What can happen to a client.
    package enum Event {
        /// - Parameter firstCheck: how long until then. At the start of the server it is random, so
        ///   that not all clients are checked at once.
        case enabled(firstCheck: Duration)
        /// The server has started again, and it was enabled all the time.
        case resumed(firstCheck: Duration)
        case disabled(reason: String)
        case checkDue
        case checkerStarted(command: String)
        case checkerEnded(ExitStatus, command: String)
        /// Somebody asks for it to be ended, whether it runs or not.
        case checkerStopped
        /// Somebody says that the client is up.
        case checkedOK
        case secretSent
        /// A person is being asked whether it may have its secret.
        case approvalAsked
        case changed(ClientSetting)
        /// No check was possible for a while.
        case gap(Gap)
        case expiryDue
        /// The calendar was set; what is due when is not moved by that.
        case wallClockSet
    }

    /// What is to be done about it, in this order.
    package enum Effect: Equatable {
        /// Unless one is waiting for its turn.
        case startChecker
        /// Also one that waits for its turn.
        case stopChecker
        case scheduleCheck(at: Instant)
        case scheduleExpiry(at: Instant)
        /// Neither checks nor expiry from now on.
        case unschedule
        /// Its trust is gone, until somebody gives it back.
        case revoked(Revocation.Reason)
        /// What was possible until now is not any more: whoever waits for the secret is to be
        /// answered anew.
        case answerRequests
        case changed(ClientProperty)
        case emit(ClientSignal)
        case log(LogLevel, String)
    }
}
