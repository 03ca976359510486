/// Who is to announce the server, given what is known of the avahi-daemon of this host.
package struct BackendChoice: Equatable {
    package enum Backend: Equatable {
        case none
        case embedded
        /// - Parameter owner: the daemon's unique name on the bus.
        case daemon(owner: String)
    }

    package enum Event: Equatable {
        case daemonIs(owner: String?)
        /// There is no bus, or not any more.
        case noBus
        /// The bus has not said in time whether there is a daemon. It still may.
        case noAnswer
    }

    private enum Daemon: Equatable {
        case unknown
        case absent
        case present(owner: String)
    }

    private let mode: ZeroconfMode
    private var daemon = Daemon.unknown

    /// - Parameter hasBus: false if none may be used: then the server does it itself, which is also
    ///   safe beside a daemon.
    package init(_ mode: ZeroconfMode, hasBus: Bool) {
        switch mode {
        case .none, .embedded: self.mode = mode
        case .automatic, .avahiDaemon: self.mode = hasBus ? mode : .embedded
        }
    }

    /// Whether events make any difference.
    package var dependsOnDaemon: Bool { mode == .automatic || mode == .avahiDaemon }

    package mutating func handle(_ event: Event) {
        switch event {
        case .daemonIs(let owner?): daemon = .present(owner: owner)
        case .daemonIs(nil), .noBus: daemon = .absent
        case .noAnswer: if daemon == .unknown { daemon = .absent }
        }
    }

    package var backend: Backend {
        switch (mode, daemon) {
        case (.none, _): .none
        case (.embedded, _): .embedded
        case (_, .present(let owner)): .daemon(owner: owner)
        case (.automatic, .absent): .embedded
        // Soon known, and two announcements in a row would only confuse.
        case (.automatic, .unknown): .none
        case (.avahiDaemon, .unknown), (.avahiDaemon, .absent): .none
        }
    }
}
