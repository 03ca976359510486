internal import CShims.Linux
internal import Reactor

/// Has the PID file written, and removed when the server is gone.
///
/// The server, which is root no more, can do neither in /run. A small process without capabilities
/// that still belongs to root does, also after the server was killed: it ends when the server does.
final class PIDFileKeeper {
    private let loop: EventLoop
    private let log: Log
    private let path: String
    private var process: HelperProcess?
    private var isWaiting = false

    /// Within what time the file has to be written.
    private static let patience: Duration = .seconds(1)

    /// Forks. To be called as root, in the process that the file is to tell of.
    init(on loop: EventLoop, log: Log) throws(SystemError) {
        let file = PIDFile(PIDFile.standardPath, id: getpid())
        self.loop = loop
        self.log = log
        path = file.path
        process = try HelperProcess(on: loop) { server in
            Self.keep(file, for: server)
        } input: { [unowned(unsafe) self] in
            unsafe self.receiveOutcome()
        } ended: { [unowned(unsafe) self] _ in
            unsafe self.lose()
        }
    }

    deinit { stop() }

    /// Waits until the file is written or cannot be, which is an error in the log.
    ///
    /// - Parameter turn: turns the loop once; false when it is not to be waited any longer.
    func write(_ turn: () throws(StartError) -> Bool) throws(StartError) {
        let request: [UInt8] = [0]
        isWaiting = true
        let transfer = unsafe request.withUnsafeBytes { unsafe process?.socket?.write(from: $0) }
        if transfer != .bytes(1) { conclude("its keeper is gone") }
        let limit = loop.timer(after: Self.patience) { [unowned(unsafe) self] in
            unsafe self.conclude("its keeper does not answer")
        }
        while isWaiting, try turn() {}
        isWaiting = false
        _ = consume limit
    }

    /// Has the file removed, and does not wait for that.
    func stop() {
        process?.stop()
        process = nil
    }

    private func receiveOutcome() {
        var answer: [UInt8] = [0]
        let transfer = unsafe answer.withUnsafeMutableBytes {
            unsafe process?.socket?.read(into: $0)
        }
        switch transfer {
        case .bytes: conclude(CInt(answer[0]))
        case .wouldBlock, nil: break
        case .endOfStream, .failed: process?.socket = nil
        }
    }

    private func lose() {
        process = nil
        if isWaiting { return conclude("its keeper is gone") }
        log.error("\(path) will stay behind: its keeper is gone")
    }

    private func conclude(_ code: CInt) {
        if code == 0 {
            isWaiting = false
        } else {
            conclude(SystemError(call: "write", code: code).reason)
        }
    }

    private func conclude(_ problem: String) {
        guard isWaiting else { return }
        isWaiting = false
        log.error("cannot write \(path): \(problem)")
    }
}

// In the other process.
extension PIDFileKeeper {
    /// Writes at the first byte, answers with an errno or 0, and waits for the end.
    private static func keep(_ file: PIDFile, for server: borrowing Descriptor) -> CInt {
        guard Capabilities.keep(0), cshim_forbid_new_privileges() == 0 else { return 1 }
        Privileges.forbidCoreFile()
        var file = file
        while hasRequest(from: server) {
            var outcome: UInt8 = 0
            do throws(SystemError) {
                try file.write()
            } catch {
                outcome = UInt8(truncatingIfNeeded: error.code)
            }
            _ = unsafe send(server.raw, &outcome, 1, CInt(MSG_NOSIGNAL))
        }
        file.removeIfOurs()
        return 0
    }

    private static func hasRequest(from server: borrowing Descriptor) -> Bool {
        var request: UInt8 = 0
        let raw = server.raw
        return (try? attempt("recv") { unsafe recv(raw, &request, 1, 0) }) == 1
    }
}
