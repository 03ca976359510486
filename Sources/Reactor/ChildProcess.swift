internal import CShims.Linux

/// A shell command that runs, with all that it starts, in a process group of its own.
///
/// Letting go of it ends it: the group gets SIGTERM at once and SIGKILL after a grace period, and
/// the child is reaped in either case, but its end is no longer reported.
@usableFromInline  // see Descriptor
package struct ChildProcess: ~Copyable {
    private let process: RunningProcess

    /// How long a process that was let go may take to end by itself.
    package static let gracePeriod: Duration = .seconds(5)

    /// Starts `command`, see `Kernel.spawn`. Calls `output` with what it writes, in pieces, and
    /// `ended` once, when the shell has ended; whatever it left running in its group is killed
    /// first.
    package init(
        _ command: String, on loop: EventLoop, output: @escaping (Span<UInt8>) -> Void,
        ended: @escaping (ExitStatus) -> Void
    ) throws(SystemError) {
        process = try RunningProcess(command, on: loop, output: output, ended: ended)
    }

    deinit { process.abandon() }

    /// Shortens the grace period, for when not even that much time is left.
    package func hurry(within span: Duration) { process.gracePeriod = span }
}

/// Keeps itself alive from `abandon()` until the child is reaped.
private final class RunningProcess {
    private let loop: EventLoop
    private let group: CInt
    private var ended: ((ExitStatus) -> Void)?
    private var watch: Watch?
    private var output: ChildOutput?
    private var grace: Timer?
    var gracePeriod = ChildProcess.gracePeriod

    init(
        _ command: String, on loop: EventLoop, output: @escaping (Span<UInt8>) -> Void,
        ended: @escaping (ExitStatus) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.ended = ended
        var spawned = try loop.kernel.spawn(shell: command)
        group = spawned.group
        do throws(SystemError) {
            self.output = try ChildOutput(spawned.takeOutput(), on: loop, receive: output)
            // Strongly held: an abandoned child is still reaped. `finish` breaks the circle.
            watch = try loop.watch(spawned.takeDescriptor(), for: .input) { [self] _ in finish() }
        } catch {
            self.output?.stop()
            // Without its pidfd it is watched by nobody. A killed child is a zombie soon.
            loop.kernel.killAndReap(group: group)
            throw error
        }
    }

    func abandon() {
        ended = nil
        output?.stop()
        guard watch != nil else { return }
        loop.kernel.signal(group: group, SIGTERM)
        grace = loop.timer(after: gracePeriod) { [self] in
            loop.kernel.signal(group: group, SIGKILL)
        }
    }

    private func finish() {
        // While the child is not reaped its id, and so its group's, cannot mean anybody else.
        loop.kernel.signal(group: group, SIGKILL)
        let status: ExitStatus
        do throws(SystemError) {
            guard let found = try watch?.reap() ?? nil else { return }
            status = found
        } catch {
            loop.kernel.killAndReap(group: group)  // or its zombie would stay
            status = .unknown(error)
        }
        watch = nil
        grace = nil
        output?.drain()
        let report = ended.take()
        report?(status)
    }
}
