internal import Reactor

/// One run of a client's checker. Letting go of it ends it, with all that it started.
final class Checker {
    private var process: ChildProcess?

    /// - Parameter output: where it may write, or nil for nowhere.
    init(
        command: String, output: CInt?, on loop: EventLoop,
        ended: @escaping (ExitStatus) -> Void
    ) throws(SystemError) {
        process = try ChildProcess(
            Command(shellCommand: command, output: output), on: loop, ended: ended)
    }

    /// Ends it sooner than usual, for when the server itself is to end.
    func end(within span: Duration) {
        process?.hurry(within: span)
        process = nil
    }
}
