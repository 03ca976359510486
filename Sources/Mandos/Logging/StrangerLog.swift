package import Reactor

/// Writes the lines that strangers cause, within the limits of `StrangerLines`, and tells of floods.
///
/// A line beyond the limits is written at `DEBUG`. While there is a flood no such line is above `INFO`,
/// because the warning about the flood says all that an operator needs.
package final class StrangerLog {
    private let log: Log
    private let loop: EventLoop
    private var lines = StrangerLines()
    private var flood = StrangerFlood()
    private var timer: Timer?
    private var timerDue = Instant.distantFuture

    package init(_ log: Log, on loop: EventLoop) {
        self.log = log
        self.loop = loop
    }

    /// - Returns: whether it is within the limits.
    @discardableResult
    package func write(
        _ kind: StrangerLines.Kind, from peer: SocketAddress, _ text: @autoclosure () -> String
    ) -> Bool {
        // Each honest peer causes one of these as well: it costs nothing where it is not shown.
        if kind == .connection, log.threshold > .info { return true }
        report(lines.takeReports(at: loop.now))
        let verdict = lines.line(kind, from: peer, at: loop.now)
        switch verdict {
        case .first: log.write(flood.isOn ? .info : kind.level, text())
        case .again: log.info(text())
        case .leftOut:
            log.debug(text())
            schedule()
        }
        return verdict != .leftOut
    }

    /// A connection has ended, and its peer has not proved who it is.
    package func noteRefusal(of peer: SocketAddress, _ kind: StrangerLines.Kind) {
        guard let change = flood.note(peer, kind, at: loop.now) else { return }
        tell(change)
        schedule()
    }

    /// Tells what has not been told. Must have been called before it is let go.
    package func stop() {
        timer = nil
        report(lines.takeReports())
        if let change = flood.end() { tell(change) }
    }

    private func schedule() {
        let due = min(lines.reportsDue ?? .distantFuture, flood.checkDue ?? .distantFuture)
        guard due < timerDue else { return }
        timerDue = due
        timer = loop.timer(at: due) { [unowned(unsafe) self] in unsafe self.check() }
    }

    private func check() {
        timerDue = .distantFuture
        report(lines.takeReports(at: loop.now))
        if let change = flood.check(at: loop.now) { tell(change) }
        schedule()
    }

    private func report(_ reports: [StrangerLines.Report]) {
        for report in reports {
            let source = report.source?.sourceText ?? "other peers"
            log.info(
                "\(source): and \(report.count) more like this in a minute: \(report.kind.title)")
        }
    }

    private func tell(_ change: StrangerFlood.Change) { log.warning(change.text) }
}
