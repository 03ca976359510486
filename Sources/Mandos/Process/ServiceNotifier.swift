internal import CShims.Linux
internal import Reactor

/// Tells the service manager how the server is: sd_notify(3). Where there is none, nothing is done.
///
/// Nobody is waited for: what its socket does not take is sent a moment later.
final class ServiceNotifier {
    private enum Phase { case starting, awaitingAnnouncement, ready, stopped }

    private let loop: EventLoop
    private let log: Log
    private let path: String
    /// How often it is told that the loop still turns; nil if it does not want to know.
    private let beat: Duration?
    private let status: () -> String
    private var socket: DatagramSocket?
    private var phase = Phase.starting
    private var hasAnnouncement = false
    private var patience: Timer?
    private var nextBeat: Timer?
    private var nextStatus: Timer?
    private var retry: Timer?

    /// After so long the server is ready without being announced: it can be reached by those who
    /// know where it is, and goes on trying.
    private static let announcementPatience: Duration = .seconds(10)
    /// Changes of the status are told at most so often.
    private static let statusSpan: Duration = .seconds(1)
    private static let retrySpan: Duration = .milliseconds(50)

    /// - Parameter status: is asked for one line whenever that is to be shown.
    /// - Returns: nil if there is no service manager that wants to know.
    init?(
        _ environment: ServiceEnvironment, on loop: EventLoop, log: Log,
        status: @escaping () -> String
    ) {
        guard let path = environment.notifySocket else { return nil }
        self.loop = loop
        self.log = log
        self.path = path
        self.status = status
        // Half of it, as sd_watchdog_enabled(3) recommends.
        beat = environment.watchdog.map { $0 / 2 }
        socket = DatagramSocket(connectedTo: path)
        if socket == nil { log.warning("cannot tell the service manager anything: \(path)") }
    }

    /// The server listens.
    ///
    /// - Parameter announcing: whether it is ready only when it is announced, too.
    func listens(announcing: Bool) {
        guard phase == .starting else { return }
        guard announcing, !hasAnnouncement else { return becomeReady() }
        phase = .awaitingAnnouncement
        patience = loop.timer(after: Self.announcementPatience) { [unowned(unsafe) self] in
            unsafe self.becomeReady()
        }
    }

    /// Peers can find the server. May be called at any time, and again.
    func isAnnounced() {
        hasAnnouncement = true
        if phase == .awaitingAnnouncement { becomeReady() }
    }

    /// What `status` says is another thing than before.
    func statusChanged() {
        guard phase == .ready, nextStatus == nil else { return }
        nextStatus = loop.timer(after: Self.statusSpan) { [unowned(unsafe) self] in
            unsafe self.showStatus()
        }
    }

    /// The configuration is read anew. `reloaded()` follows, whatever comes of it.
    func reloads() {
        guard phase == .ready else { return }
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        tell(.reloading(monotonicMicroseconds: microseconds))
    }

    func reloaded() {
        if phase == .ready { tell(.ready(status: status())) }
    }

    /// To be called first of all when the server is about to end. Nothing is told afterwards.
    func stops() {
        guard phase != .stopped else { return }
        phase = .stopped
        patience = nil
        nextBeat = nil
        nextStatus = nil
        retry = nil
        _ = socket?.send(Array(ServiceMessage.stopping(status: "stopping").text.utf8))
        socket = nil
    }

    private func becomeReady() {
        phase = .ready
        patience = nil
        tell(.ready(status: status()))
        showLife()
    }

    private func showStatus() {
        nextStatus = nil
        tell(.status(status()))
    }

    /// From the loop, so that a loop that hangs is missed.
    private func showLife() {
        guard let beat else { return }
        tell(.alive)
        nextBeat = loop.timer(after: beat) { [unowned(unsafe) self] in unsafe self.showLife() }
    }

    /// What cannot be sent now is replaced by the whole truth a moment later.
    private func tell(_ message: ServiceMessage) {
        if retry != nil, message != .alive { return }
        switch socket?.send(Array(message.text.utf8)) ?? .failed {
        case .sent: break
        case .wouldBlock: repeatSoon()
        case .failed:
            // A service manager that was executed anew, for one, has a new socket at the old place.
            socket = DatagramSocket(connectedTo: path)
            if socket != nil { repeatSoon() }
        }
    }

    private func repeatSoon() {
        retry = loop.timer(after: Self.retrySpan) { [unowned(unsafe) self] in
            unsafe self.repeatReady()
        }
    }

    private func repeatReady() {
        retry = nil
        tell(.ready(status: status()))
    }
}
