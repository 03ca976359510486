/// Waits for descriptors and deadlines, and calls their handlers, all on the calling thread.
///
/// Registering returns a token; letting go of it cancels, from anywhere, also from inside the
/// handler. What was cancelled is never called again, not even for an event already taken from the
/// kernel. A handler never waits and never calls `turn()`.
package final class EventLoop {
    private enum Source {
        case descriptor((Readiness) -> Void)
        case deadline(() -> Void)
        case hook(() -> Void)
    }

    package let kernel: any Kernel
    /// Read once a turn: all handlers of a turn agree on the time.
    package private(set) var now: Instant

    private var sources = SlotTable<Source>()
    private var timers = TimerHeap()
    private var timersLive = 0
    private var alarm: Instant?
    private var hooks: [Ticket] = []
    private var deferred: [() -> Void] = []
    /// Empty between turns; only there to be used again.
    private var running: [() -> Void] = []
    private var events: [KernelEvent] = []
    private var due: [Ticket] = []

    package init(kernel: any Kernel) {
        self.kernel = kernel
        now = kernel.now()
    }

    /// Sleeps once, then does what became due: deadlines, descriptors, and last what was put off.
    /// Deadlines come first because they are limits: who is late is late, even if what was waited
    /// for arrived in the same turn.
    package func turn() throws(SystemError) {
        for hook in hooks { if case .hook(let action)? = sources[hook] { action() } }
        try setAlarm()
        events.removeAll(keepingCapacity: true)
        try kernel.sleep(mayWait: deferred.isEmpty, into: &events)
        now = kernel.now()
        if let alarm, alarm <= now { self.alarm = nil }  // it rang, and it rings only once
        runDue()
        for event in events {
            guard case .descriptor(let handler)? = sources[Ticket(packed: event.data)] else {
                continue
            }
            handler(event.readiness)
        }
        swap(&running, &deferred)
        for action in running { action() }
        running.removeAll(keepingCapacity: true)
    }

    /// Calls `handler` in each turn in which `descriptor` is ready for what is wanted.
    package func watch(
        _ descriptor: consuming Descriptor, for readiness: Readiness,
        handler: @escaping (Readiness) -> Void
    ) throws(SystemError) -> Watch {
        let ticket = sources.insert(.descriptor(handler))
        do throws(SystemError) {
            try kernel.watch(descriptor, for: readiness, as: ticket.packed)
        } catch {
            _ = sources.remove(ticket)
            throw error
        }
        return Watch(loop: self, ticket: ticket, descriptor: descriptor, wanted: readiness)
    }

    /// Calls `action` once, in the first turn at or after `deadline`, and again if the timer is moved.
    package func timer(at deadline: Instant, action: @escaping () -> Void) -> Timer {
        let ticket = sources.insert(.deadline(action))
        timersLive += 1
        timers.arm(ticket, at: deadline)
        return Timer(loop: self, ticket: ticket)
    }

    package func timer(after span: Duration, action: @escaping () -> Void) -> Timer {
        timer(at: now + span, action: action)
    }

    /// Calls `action` before each sleep, for libraries that keep work where epoll cannot see it.
    package func beforeSleep(_ action: @escaping () -> Void) -> Hook {
        let ticket = sources.insert(.hook(action))
        hooks.append(ticket)
        return Hook(loop: self, ticket: ticket)
    }

    /// Calls `action` at the end of this turn, or of the next one if called by such an action.
    package func later(_ action: @escaping () -> Void) { deferred.append(action) }

    /// Registrations that have not been let go, for tests and statistics.
    package var registrationCount: Int { sources.count }

    /// Only for an earlier deadline than the alarm is set to. One that rings too early costs a turn
    /// in which nothing is due, but setting it for each deadline that is dropped costs a call each.
    private func setAlarm() throws(SystemError) {
        timers.forgetStale(live: timersLive) { sources.contains($0) }
        guard let earliest = timers.earliest, earliest < alarm ?? .distantFuture else { return }
        try kernel.setAlarm(at: earliest)
        alarm = earliest
    }

    private func runDue() {
        due.removeAll(keepingCapacity: true)
        timers.takeDue(at: now, into: &due)
        for ticket in due {
            guard case .deadline(let action)? = sources[ticket] else { continue }
            action()
        }
    }

    func rewatch(
        _ descriptor: borrowing Descriptor, for readiness: Readiness, _ ticket: Ticket
    ) throws(SystemError) {
        try kernel.rewatch(descriptor, for: readiness, as: ticket.packed)
    }

    func forget(_ ticket: Ticket, _ descriptor: borrowing Descriptor) {
        kernel.forget(descriptor)
        _ = sources.remove(ticket)
    }

    func moveTimer(_ ticket: Ticket, to deadline: Instant) -> Ticket {
        let ticket = sources.renew(ticket)
        timers.arm(ticket, at: deadline)
        return ticket
    }

    func cancelTimer(_ ticket: Ticket) {
        timersLive -= 1
        _ = sources.remove(ticket)
    }

    func cancelHook(_ ticket: Ticket) {
        hooks.removeAll { $0 == ticket }
        _ = sources.remove(ticket)
    }
}
