/// Something done before each sleep, until it is let go.
@usableFromInline  // see Descriptor
package struct Hook: ~Copyable {
    private let loop: EventLoop
    private let ticket: Ticket

    init(loop: EventLoop, ticket: Ticket) {
        self.loop = loop
        self.ticket = ticket
    }

    deinit { loop.cancelHook(ticket) }
}
