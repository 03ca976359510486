/// A deadline. Letting go of it cancels it.
@usableFromInline  // see Descriptor
package struct Timer: ~Copyable {
    private let loop: EventLoop
    private let ticket: Ticket

    init(loop: EventLoop, ticket: Ticket) {
        self.loop = loop
        self.ticket = ticket
    }

    deinit { loop.cancelTimer(ticket) }
}
