/// A deadline. Letting go of it cancels it.
@usableFromInline  // see Descriptor
package struct Timer: ~Copyable {
    private let loop: EventLoop
    private var ticket: Ticket

    init(loop: EventLoop, ticket: Ticket) {
        self.loop = loop
        self.ticket = ticket
    }

    /// In place of the deadline it had, whether that is over or not: its action is done once, in the
    /// first turn at or after `deadline`. Allocates nothing, where a new timer would.
    package mutating func move(to deadline: Instant) {
        ticket = loop.moveTimer(ticket, to: deadline)
    }

    deinit { loop.cancelTimer(ticket) }
}
