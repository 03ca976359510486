internal import Reactor

/// How checkers are run.
package struct CheckerPolicy {
    /// As many run at a time; the others wait.
    package var countMax = 16
    /// Whether what they write is also shown on standard error.
    package var isEchoing = false
    /// When the first check of a client is, given its interval.
    package var delay: (Duration) -> Duration = {
        .milliseconds(Int64.random(in: 0...max(0, $0.clampedNanoseconds / 1_000_000)))
    }

    package init() {}
}

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
        let run = CheckerRun(command, events)
        queue.append(run)
        return Checker(pool: self, run: run)
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

/// A checker that runs, or waits for its turn. Letting go of it ends it.
@usableFromInline  // or Embedded Swift does not see the deinit
struct Checker: ~Copyable {
    private let pool: CheckerPool
    private let run: CheckerRun
    /// How long it may take to end once it was let go of; nil for the usual time.
    var gracePeriod: Duration?

    fileprivate init(pool: CheckerPool, run: CheckerRun) {
        self.pool = pool
        self.run = run
    }

    deinit { pool.end(run, within: gracePeriod) }
}

private final class CheckerRun {
    let command: String
    /// nil once there is nothing more to tell.
    var events: CheckerEvents?
    var process: ChildProcess?
    var output = OutputTail()

    init(_ command: String, _ events: CheckerEvents) {
        self.command = command
        self.events = events
    }
}
