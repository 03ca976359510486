internal import Reactor

/// Something large to be sent, made in many small steps so that nobody else has to wait for it.
protocol BulkWork: AnyObject {
    /// Does a little of it.
    ///
    /// - Returns: whether that was the last of it.
    func step() -> Bool
}

/// What is to be sent on one connection, in its order. Signals that come up while an answer is being
/// made leave after it: whoever asked must not be told of a change first, and of the state before
/// it afterwards.
final class Outbox {
    private enum Item {
        case message(BusMessage)
        case work(any BulkWork)
    }

    private let connection: BusConnection
    private let loop: EventLoop
    private let log: Log
    private var items: ArraySlice<Item> = []
    private var pause: Timer?

    /// While the bus has not taken so many messages yet, no more are made in bulk.
    private static let queuedMessagesMax = 256
    /// How long until it is looked at again whether it has.
    private static let pauseSpan: Duration = .milliseconds(5)

    init(_ connection: BusConnection, on loop: EventLoop, log: Log) {
        self.connection = connection
        self.loop = loop
        self.log = log
    }

    /// Whether all of it has left this process.
    var isEmpty: Bool { items.isEmpty && connection.queuedMessages == 0 }

    /// How many answers are being made, or wait for that.
    var workCount: Int {
        items.reduce(0) { count, item in
            if case .work = item { count + 1 } else { count }
        }
    }

    func send(_ message: BusMessage) {
        guard items.isEmpty else {
            items.append(.message(message))
            // Counts as waiting for the bus, see `BusConnection.queuedMessagesMax`.
            if items.count > connection.queuedMessagesMax { connection.giveUp() }
            return
        }
        pass(message)
    }

    func begin(_ work: any BulkWork) {
        items.append(.work(work))
        if items.count == 1 { proceed() }
    }

    /// Nothing is sent any more.
    func stop() {
        items = []
        pause = nil
    }

    /// One step in a turn.
    private func proceed() {
        pause = nil
        while let item = items.first {
            switch item {
            case .message(let message):
                items.removeFirst()
                pass(message)
            case .work(let work):
                guard connection.isOpen else { return }
                guard connection.queuedMessages < Self.queuedMessagesMax else { return wait() }
                if work.step() { items.removeFirst() }
                return loop.later { [self] in proceed() }
            }
        }
        items = []
    }

    private func wait() {
        pause = loop.timer(after: Self.pauseSpan) { [self] in proceed() }
    }

    private func pass(_ message: BusMessage) {
        do throws(BusError) {
            try connection.send(message)
        } catch {
            log.debug("D-Bus: not sent: \(error.text)")
        }
    }
}
