/// Waits for descriptors and deadlines, and calls their handlers, all on the calling thread.
///
/// Registering returns a token; letting go of it cancels, from anywhere, also from inside the
/// handler. What was cancelled is never called again, not even for an event already taken from the
/// kernel. A handler never waits and never calls `turn()`.
package final class EventLoop {
    private enum Source {
        case descriptor((Readiness) -> Void)
        case deadline(() -> Void)
        /// Called once what has happened until then has been heard.
        case patientDeadline(() -> Void)
        case hook(() -> Void)
        case gapHook((Gap) -> Void)
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
    private var gapHooks: [Ticket] = []
    private var gaps: GapDetector
    /// Patient deadlines that are over.
    private var overdue: [Ticket] = []
    /// How many turns the first of them has been put off.
    private var turnsPutOff = 0
    private var hasBacklog = false

    /// However much there is to be heard, a patient deadline is put off no longer, in turns.
    private static let turnsPutOffMax = 100

    package init(kernel: any Kernel) {
        self.kernel = kernel
        now = kernel.now()
        gaps = GapDetector(timeAsleep: kernel.timeAsleep())
    }

    /// Sleeps once, then does what became due: deadlines, descriptors, what was put off, and last
    /// patient deadlines. Other deadlines come first because they are limits: a peer that is late is
    /// late, even if what was waited for arrived in the same turn.
    package func turn() throws(SystemError) {
        for hook in hooks { if case .hook(let action)? = sources[hook] { action() } }
        try setAlarm()
        events.removeAll(keepingCapacity: true)
        let overdueCount = overdue.count
        hasBacklog = false
        try sleep(mayWait: deferred.isEmpty && overdueCount == 0)
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
        if overdueCount > 0 { runOverdue(overdueCount) }
    }

    /// Finds out what is ready, and whether time was lost: then that is told before anything else.
    private func sleep(mayWait: Bool) throws(SystemError) {
        let start = kernel.now()
        let alarm = mayWait ? self.alarm ?? .distantFuture : nil
        try kernel.sleep(mayWait: mayWait, into: &events)
        let previous = now
        now = kernel.now()
        if let alarm = self.alarm, alarm <= now { self.alarm = nil }  // it rings only once
        let gap = gaps.gap(
            since: previous, waitingFrom: start, alarm: alarm, until: now,
            asleep: kernel.timeAsleep)
        guard let gap else { return }
        for hook in gapHooks { if case .gapHook(let action)? = sources[hook] { action(gap) } }
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

    /// As `timer(at:action:)`, but what has happened until `deadline` is heard first, even if a
    /// handler leaves some of it for later turns: for a deadline that something may still call off.
    package func patientTimer(at deadline: Instant, action: @escaping () -> Void) -> Timer {
        let ticket = sources.insert(.patientDeadline(action))
        timersLive += 1
        timers.arm(ticket, at: deadline)
        return Timer(loop: self, ticket: ticket)
    }

    /// To be called by a handler that leaves for the next turn what it could have read in this one.
    package func noteBacklog() { hasBacklog = true }

    /// Calls `action` after each time in which the loop could not run, before what was due then.
    package func afterGap(_ action: @escaping (Gap) -> Void) -> Hook {
        let ticket = sources.insert(.gapHook(action))
        gapHooks.append(ticket)
        return Hook(loop: self, ticket: ticket)
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
            switch sources[ticket] {
            case .deadline(let action): action()
            case .patientDeadline: overdue.append(ticket)
            case .descriptor, .hook, .gapHook, nil: continue
            }
        }
    }

    /// - Parameter count: those that were over before this turn asked the kernel what is ready.
    private func runOverdue(_ count: Int) {
        turnsPutOff += 1
        let isMoreToCome = hasBacklog || events.count >= KernelEvent.perTurnMax
        if isMoreToCome && turnsPutOff < Self.turnsPutOffMax { return }
        turnsPutOff = 0
        let tickets = overdue[..<count]
        overdue.removeFirst(count)
        for ticket in tickets {
            if case .patientDeadline(let action)? = sources[ticket] { action() }
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
        gapHooks.removeAll { $0 == ticket }
        _ = sources.remove(ticket)
    }
}
