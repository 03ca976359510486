package import Reactor

/// What is saved of one client.
package struct SavedClient: Equatable {
    package let name: ClientName
    /// clients.conf as the server knew it. nil only if whoever saved did not save that.
    package var configured: ClientValues?
    /// The key that clients.conf had for it. nil if that was not saved.
    package var configuredKey: ClientKey?
    /// nil if it was removed while the server ran: it stays away as long as clients.conf has it.
    package var current: Current?
    /// For how long clients.conf had no such section, as far as it was seen; nil if it has one.
    package var absent: Duration?

    package struct Current: Equatable {
        package var isEnabled: Bool
        /// What was changed while the server ran; nil for what was not.
        package var changed: ClientValues
        package var created: WallTime
        package var lastEnabled: WallTime?
        /// nil if it is that of clients.conf.
        package var secret: SealedBytes?
        package var liveness: Liveness
        /// The key of a client that was added while the server ran; nil if it is one of clients.conf.
        package var addedKey: ClientKey?

        package init(
            isEnabled: Bool, changed: ClientValues, created: WallTime, lastEnabled: WallTime?,
            secret: SealedBytes?, liveness: Liveness, addedKey: ClientKey? = nil
        ) {
            self.isEnabled = isEnabled
            self.changed = changed
            self.created = created
            self.lastEnabled = lastEnabled
            self.secret = secret
            self.liveness = liveness
            self.addedKey = addedKey
        }
    }

    package init(
        name: ClientName, configured: ClientValues?, configuredKey: ClientKey? = nil,
        current: Current?, absent: Duration? = nil
    ) {
        self.name = name
        self.configured = configured
        self.configuredKey = configuredKey
        self.current = current
        self.absent = absent
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
    /// How much time in which a server can check it has left, if that is what counts and not
    /// `expires`; see `Standing`.
    package var timeLeft: Duration?
    /// As in `Standing`.
    package var isGraced = false

    package init() {}

    /// - Parameter isReserved: whether a server that cannot save anything later on is taken to have
    ///   used half of what is left.
    package init(_ record: ClientRecord, at now: Moment, isReserved: Bool = false) {
        expires = record.expires
        lastCheckedOK = record.lastCheckedOK
        lastCheckerStatus = record.lastCheckerStatus
        lastApprovalRequest = record.lastApprovalRequest
        guard let left = record.timeLeft(at: now.instant) else { return }
        let kept = isReserved ? left / 2 : left
        switch record.standing.evidence {
        case .alive, .booting:
            timeLeft = max(.zero, kept)
            isGraced = record.standing.isGraced || isReserved
        case .none, .failed: if isReserved { expires = now.wall + kept }
        }
    }
}

/// All that was saved.
package struct SavedState {
    package var clients: [ClientName: SavedClient] = [:]
    /// The ones in force.
    package var revocations: [Revocation] = []
    /// When the latest of it was saved. nil if nothing tells.
    package var newest: WallTime?
    /// When each of them was saved whose deadline is a time of the calendar.
    package var times: [ClientName: WallTime] = [:]
    /// What is wrong with the file, if a part of it is lost: then it is not known of a client that
    /// is missing here whether it was trusted.
    package var damage: String?
    /// Clients that are missing here because of that, as far as their names can be read.
    package var lost: Set<ClientName> = []
    /// Other facts about the files that the operator has to know.
    package var findings: [Restoration.Line] = []
    /// Whether one of the files knows revocations that the other does not, so that nobody knows what
    /// else has changed. Then no change of clients.conf is known to be one.
    package var isDoubtful = false
    /// Path of what a server in Python has saved since, and nobody has taken over: then it is not known
    /// who was disabled or removed by that.
    package var laterPickle: String?
    /// Whether the files are to be written anew, although nothing has changed.
    package var isToBeSaved = false

    package init() {}

    /// Problems, a sentence each.
    package var problems: [String] {
        (damage.map { ["damaged: \($0)"] } ?? [])
            + findings.filter { $0.level >= .warning }.map { $0.text }
            + (laterPickle.map { [StateError.notImported($0).text] } ?? [])
    }
}
