internal import CShims.Linux
internal import Reactor

/// Writes to the log daemon, as datagrams to `/dev/log`.
///
/// A line is not waited for, but at the start for as long as `patience` says: where no daemon listens,
/// or its queue is full, lines are dropped and counted, and the next line that gets through is preceded
/// by one that says how many.
package final class SystemLogSink: LogSink {
    /// LOG_DAEMON of syslog(3), already in its place in the priority.
    private static let facility = 3 << 3

    /// The Zeroconf service name, as it is now. Stands in every line unless it is `Mandos`.
    package var serviceName: String

    /// For how long, in all, it may wait for room in the queue of the log daemon, which holds some ten
    /// lines: nobody is served yet, and each line may be the reason why somebody never is.
    package var patience: Duration = .zero

    package static let patienceAtStart: Duration = .seconds(1)

    private let path: String
    private var socket: DatagramSocket?
    private var lostCount = 0

    /// Connects, so that a log daemon out of sight of a later chroot or namespace is still reached.
    package init(serviceName: String, path: String = "/dev/log") {
        self.serviceName = serviceName
        self.path = path
        socket = DatagramSocket(connectedTo: path)
    }

    package func write(_ level: LogLevel, _ message: String) {
        if lostCount > 0 {
            let report = "log lines lost, since the log daemon did not take them: \(lostCount)"
            guard send(datagram(.warning, report)) else {
                lostCount += 1
                return
            }
            lostCount = 0
        }
        if !send(datagram(level, message)) { lostCount += 1 }
    }

    /// `<PRI>Mandos (NAME) [PID]: LEVEL: message` and a NUL. The process is asked for its number
    /// each time, since it changes when the server becomes a daemon.
    func datagram(_ level: LogLevel, _ message: String) -> [UInt8] {
        var text = "<\(Self.facility | level.severity)>Mandos "
        if serviceName != "Mandos" { text += "(\(LogText.sanitized(serviceName))) " }
        text += "[\(getpid())]: \(level.label): \(message)"
        return Array(text.utf8) + [0]
    }

    /// A restarted log daemon has a new socket at the old path: one new connection is tried.
    private func send(_ datagram: [UInt8]) -> Bool {
        switch socket?.send(datagram) ?? .failed {
        case .sent: return true
        case .wouldBlock: return sendPatiently(datagram)
        case .failed:
            socket = DatagramSocket(connectedTo: path)
            return socket?.send(datagram) == .sent
        }
    }

    private func sendPatiently(_ datagram: [UInt8]) -> Bool {
        while patience > .zero {
            guard let waited = socket?.waitForRoom(atMost: patience) else { return false }
            patience -= max(waited, .milliseconds(1))
            switch socket?.send(datagram) ?? .failed {
            case .sent: return true
            case .wouldBlock: continue
            case .failed: return false
            }
        }
        return false
    }
}
