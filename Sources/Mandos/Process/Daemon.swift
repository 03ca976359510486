internal import CShims.Linux
internal import Reactor

/// A process that became a daemon, and the one that was called, which waits for its report.
@safe struct Daemon: ~Copyable {
    private let report: Descriptor

    /// Forks twice, with a new session in between, so that the daemon has no terminal and can get
    /// none. Returns in the daemon. The process that was called never comes back: it waits until the
    /// daemon is ready or has failed, prints what there is to say, and exits as it was told.
    ///
    /// To be called early: what is open is open in the daemon too, and epoll cannot be shared.
    static func launch(program: String) throws(StartError) -> Daemon {
        do throws(SystemError) {
            let ends = try pipe()
            let reading = Descriptor(adopting: ends.reading)
            let writing = Descriptor(adopting: ends.writing)
            let child = try attempt("fork") { cshim_fork() }
            guard child == 0 else {
                _ = consume writing
                _ = try? attempt("waitpid") { waitpid(child, nil, 0) }
                conclude(receive(from: reading), program)
            }
            _ = consume reading
            return Daemon(leavingSession: writing)
        } catch {
            throw StartError("cannot become a daemon: \(error.text)")
        }
    }

    /// - Returns: whether the launching process is still there to be told.
    consuming func isReady() -> Bool { send(.ready) }

    consuming func failed(_ lines: [String], status: CInt) {
        _ = send(LaunchReport(status: status, lines: lines))
    }

    /// The process in between leads the new session. The daemon does not, or else the next terminal
    /// that it opens would be its own: credentials(7).
    private init(leavingSession writing: consuming Descriptor) {
        report = writing
        _ = setsid()
        let daemon = cshim_fork()
        if daemon > 0 { _exit(0) }
        if daemon < 0 {
            let reason = unsafe String(cString: cshim_error_text(cshim_errno()))
            _ = send(LaunchReport(status: 1, lines: ["cannot become a daemon: fork: \(reason)"]))
            _exit(1)
        }
    }

    private borrowing func send(_ message: LaunchReport) -> Bool {
        var bytes = message.encoded[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe write(report.raw, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if cshim_errno() == EINTR { continue }
                return false
            }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// The caller adopts its ends.
    private static func pipe() throws(SystemError) -> (reading: CInt, writing: CInt) {
        var ends: (reading: CInt, writing: CInt) = (-1, -1)
        try attempt("pipe2") {
            unsafe cshim_pipe(&ends.reading, &ends.writing)
        }
        return ends
    }

    /// A signal that ends this process meanwhile ends the start as well: the daemon finds nobody to
    /// tell that it is ready.
    private static func receive(from reading: borrowing Descriptor) -> LaunchReport {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let raw = reading.raw
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(raw, $0.baseAddress, $0.count)
            }
            if count < 0 && cshim_errno() == EINTR { continue }
            guard count > 0 else { return .silence }
            received += buffer[..<count]
            if let report = LaunchReport(received) { return report }
        }
    }

    private static func conclude(_ report: LaunchReport, _ program: String) -> Never {
        for line in report.lines { StandardStream.printError("\(program): \(line)\n") }
        exit(report.status)
    }
}
