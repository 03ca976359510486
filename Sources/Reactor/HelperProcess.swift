internal import CShims.Linux

/// A child of ours that runs this very program, and the socket by which we speak with it. It is
/// alive until that socket is closed, however this process ends.
package final class HelperProcess {
    /// To it. nil once either of the two has ended the conversation.
    package var socket: Watch?
    private var process: Watch?
    private var ended: ((ExitStatus) -> Void)?

    /// Forks.
    ///
    /// - Parameters:
    ///   - body: what the child does, with nothing open but its end of the socket; it blocks. The
    ///     result is its exit status.
    ///   - input: called when there is something to read from `socket`.
    ///   - ended: called once, unless `stop()` came first.
    /// - Precondition: this process has one thread.
    package init(
        on loop: EventLoop, running body: (borrowing Descriptor) -> CInt,
        input: @escaping () -> Void, ended: @escaping (ExitStatus) -> Void
    ) throws(SystemError) {
        self.ended = ended
        let ends = try Self.socketPair()
        let id = cshim_fork()
        let code = cshim_errno()
        if id == 0 { Self.runChild(ends.far, body) }
        let near = Descriptor(adopting: ends.near)
        _ = Descriptor(adopting: ends.far)
        if id < 0 { throw SystemError(call: "fork", code: code) }
        do throws(SystemError) {
            socket = try loop.watch(near, for: .input) { _ in input() }
            // Strongly held: a helper that was let go is still reaped. `finish` breaks the circle.
            process = try loop.watch(loop.kernel.openProcess(id), for: .input) { [self] _ in
                finish()
            }
        } catch {
            socket = nil
            kill(id, SIGKILL)
            _ = try? attempt("waitpid") { waitpid(id, nil, 0) }
            throw error
        }
    }

    /// Has it end, which is no longer reported. It is registered with the loop until it is reaped.
    package func stop() {
        ended = nil
        socket = nil
    }

    private func finish() {
        let status: ExitStatus
        do throws(SystemError) {
            guard let found = try process?.reap() ?? nil else { return }
            status = found
        } catch {
            status = .unknown(error)
        }
        process = nil
        socket = nil
        let report = ended.take()
        report?(status)
    }

    /// In a session of its own, out of reach of the terminal. What SIGTERM, SIGINT and SIGHUP ask
    /// of a whole group is not for it: it ends when it is no longer needed.
    private static func runChild(
        _ raw: CInt, _ body: (borrowing Descriptor) -> CInt
    ) -> Never {
        cshim_reset_signals()
        cshim_block_endings()
        _ = setsid()
        _ = unsafe chdir("/")
        guard cshim_keep_only(raw) == 0 else { _exit(1) }
        _exit(body(Descriptor(adopting: 0)))
    }

    /// The caller adopts them. Only the near one, which the loop watches, never blocks.
    private static func socketPair() throws(SystemError) -> (near: CInt, far: CInt) {
        var ends: (near: CInt, far: CInt) = (-1, -1)
        try attempt("socketpair") {
            unsafe cshim_socket_pair(&ends.near, &ends.far)
        }
        return ends
    }
}
