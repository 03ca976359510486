internal import CShims.Linux
internal import Reactor

/// The server's side of the configuration reader: a process that keeps the right to read files when
/// the server gives it up, and tells what the configuration is whenever it is asked.
final class ConfigurationReader {
    enum Answer {
        case files(ConfigurationFiles)
        /// There will be none any more.
        case failure(String)
    }

    private let loop: EventLoop
    private let log: Log
    private var process: HelperProcess?
    private var receiver = FrameReceiver()
    private var assembly: AnswerAssembly?
    private var answered: ((Answer) -> Void)?
    private var limit: Timer?

    /// Within what time all of an answer has to come. Files may lie on a slow network.
    private static let patience: Duration = .seconds(30)

    /// Forks. To be called as root, and early, while there is little memory to share.
    ///
    /// - Parameters:
    ///   - directory: that of mandos.conf and clients.conf.
    ///   - base: from where relative paths start.
    init(
        directory: String, base: String, on loop: EventLoop, log: Log
    ) throws(SystemError) {
        self.loop = loop
        self.log = log
        let server = getpid()
        process = try HelperProcess(on: loop) { socket in
            Self.serve(socket, directory: directory, base: base, parent: server)
        } input: { [unowned(unsafe) self] in
            unsafe self.receive()
        } ended: { [unowned(unsafe) self] status in
            unsafe self.lose("the configuration reader ended: \(status.text)")
        }
    }

    deinit { stop() }

    /// Has all of the configuration read again. Waits for nothing.
    ///
    /// - Parameter answered: called once, later, unless `stop()` comes first.
    /// - Precondition: there is no request under way.
    func request(_ answered: @escaping (Answer) -> Void) {
        precondition(self.answered == nil)
        self.answered = answered
        assembly = AnswerAssembly()
        limit = loop.timer(after: Self.patience) { [unowned(unsafe) self] in
            unsafe self.lose("the configuration reader does not answer")
        }
        let bytes = FrameHeader(.request, bodyCount: 0).encoded
        let transfer = unsafe bytes.withUnsafeBytes { unsafe process?.socket?.write(from: $0) }
        if transfer != .bytes(bytes.count) {
            loop.later { [unowned(unsafe) self] in
                unsafe self.lose("the configuration reader is gone")
            }
        }
    }

    /// Has the process end, and does not wait for that.
    func stop() {
        answered = nil
        limit = nil
        assembly = nil
        process?.stop()
        process = nil
    }

    /// Not everything there is at once, but every frame that has been read.
    private func receive() {
        var readsLeft = Self.readsPerTurnMax
        while true {
            let progress = unsafe receiver.receive { room in
                readsLeft -= 1
                guard readsLeft >= 0 else { return .wouldBlock }
                return unsafe process?.socket?.read(into: room) ?? .wouldBlock
            }
            switch progress {
            case .complete: take(receiver.takeFrame())
            case .wouldBlock: return
            case .ended:
                process?.socket = nil  // how it ended is reported next, see `init`
                return
            case .broken: return lose(Self.nonsense)
            }
        }
    }

    private static let readsPerTurnMax = 16
    private static let nonsense = "the configuration reader does not make itself understood"

    private func take(_ frame: consuming Frame) {
        guard let progress = assembly?.take(frame) else {
            return lose("the configuration reader speaks without being asked")
        }
        switch progress {
        case .incomplete: break
        case .broken: lose(Self.nonsense)
        case .complete:
            guard let files = assembly?.files, receiver.isIdle else {
                return lose(Self.nonsense)
            }
            conclude(.files(files))
        }
    }

    /// It is not asked again: an answer that comes late would be taken for the next one.
    private func lose(_ problem: String) {
        process?.stop()
        process = nil
        if answered == nil {
            log.error("\(problem); the configuration cannot be read again")
        } else {
            conclude(.failure(problem))
        }
    }

    private func conclude(_ answer: Answer) {
        limit = nil
        assembly = nil
        receiver = FrameReceiver()  // its buffer is large
        let report = answered.take()
        report?(answer)
    }
}

// In the other process.
extension ConfigurationReader {
    /// Answers requests until the server has gone.
    private static func serve(
        _ server: borrowing Descriptor, directory: String, base: String, parent: pid_t
    ) -> CInt {
        guard let rights = ReaderRights(parent: parent) else { return 1 }
        let raw = server.raw
        let source = ConfigurationSource(
            directory: directory, files: ReaderFiles(rights, base: base), lookup: LinuxPathLookup())
        var receiver = FrameReceiver()
        while isAsked(by: raw, &receiver) {
            let writer = AnswerWriter { send($0, to: raw) }
            source.answer(to: writer)
            MemoryPolicy.returnToSystem()
            if writer.isBroken { return 0 }
        }
        return 0
    }

    private static func isAsked(by raw: CInt, _ receiver: inout FrameReceiver) -> Bool {
        let progress = unsafe receiver.receive { room in
            do throws(SystemError) {
                let count = try attempt("recv") {
                    unsafe recv(raw, room.baseAddress, room.count, 0)
                }
                return count == 0 ? .endOfStream : .bytes(count)
            } catch {
                return .failed(error)
            }
        }
        return progress == .complete && receiver.takeFrame().kind == .request
    }

    private static func send(_ bytes: Span<UInt8>, to raw: CInt) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let rest = bytes.extracting(sent..<bytes.count)
            let count = try? attempt("send") {
                unsafe rest.withUnsafeBytes {
                    unsafe CShims.send(raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
            }
            guard let count else { return false }
            sent += count
        }
        return true
    }
}

extension ExitStatus {
    fileprivate var text: String {
        switch self {
        case .exited(let status): "status \(status)"
        case .killed(let signal): "signal \(signal)"
        case .unknown(let error): error.text
        }
    }
}
