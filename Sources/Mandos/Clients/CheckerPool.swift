internal import Reactor

/// Runs checkers, no more than so many at a time; the others wait, and start in the order in which
/// they came.
final class CheckerPool {
    private let loop: EventLoop
    private let policy: CheckerPolicy
    private var runningCount = 0
    private var queue: ArraySlice<CheckerRun> = []

    init(_ policy: CheckerPolicy, on loop: EventLoop) {
        self.policy = policy
        self.loop = loop
    }

    /// Puts `command` into the queue. Nothing is started before `startQueued()`.
    ///
    /// - Returns: letting go of it ends the checker, or takes it out of the queue.
    func enqueue(_ command: String, events: CheckerEvents) -> Checker {
        let run = CheckerRun(command, events, in: self)
        queue.append(run)
        return Checker(run)
    }

    /// Starts those for which there is room.
    func startQueued() {
        while runningCount < policy.countMax, let run = queue.popFirst() {
            guard let events = run.events else { continue }  // let go of while it waited
            start(run, events)
        }
        if queue.isEmpty { queue = [] }
    }

    private func start(_ run: CheckerRun, _ events: CheckerEvents) {
        do throws(SystemError) {
            run.process = try ChildProcess(
                run.command, on: loop,
                output: { [self] bytes in
                    run.output.append(bytes)
                    if policy.isEchoing { StandardStream.printError(bytes) }
                },
                ended: { [self] status in
                    run.process = nil
                    run.events = nil
                    free()
                    events.ended(status, run.output)
                })
            runningCount += 1
            events.started()
        } catch {
            run.events = nil
            events.failed(error)
        }
    }

    fileprivate func end(_ run: CheckerRun, within span: Duration?) {
        run.events = nil
        guard run.process != nil else { return }
        if let span { run.process?.hurry(within: span) }
        run.process = nil
        free()
    }

    private func free() {
        runningCount -= 1
        if !queue.isEmpty { loop.later { [self] in startQueued() } }
    }
}

/// What a checker is followed by.
struct CheckerEvents {
    let started: () -> Void
    /// It has ended by itself, with this as its last words.
    let ended: (ExitStatus, OutputTail) -> Void
    /// It could not be started.
    let failed: (SystemError) -> Void
}

private final class CheckerRun: CheckRun {
    let command: String
    /// nil once there is nothing more to tell.
    var events: CheckerEvents?
    var process: ChildProcess?
    var output = OutputTail()
    private let pool: CheckerPool

    init(_ command: String, _ events: CheckerEvents, in pool: CheckerPool) {
        self.command = command
        self.events = events
        self.pool = pool
    }

    func end(within span: Duration?) { pool.end(self, within: span) }
}
