import CShims.Linux
import Reactor
import ReactorSimulation

@testable import Mandos

/// The key that the self-tests use as well.
enum TestKey {
    static let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINAkUVbGVkJbc7puuUm4I/aCuzO25Pekv/o0naz5CPlU
        -----END PRIVATE KEY-----

        """
    static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAsgONwB3bZG6wpafGmtL4Ij6bWlDvu7lOvLxN8TN2Fds=
        -----END PUBLIC KEY-----

        """
    static let keyID = KeyID(
        hex: "f462f7a3dbc856b94e78e9153e77ce7ef619f69ad47ca48787e76fa07aecedb8")
}

/// A service with peers in one process, over loopback, in simulated time.
final class ServiceHarness {
    let kernel: SimulatedKernel
    let loop: EventLoop
    let sink = RecordingSink()
    let registry: ClientRegistry
    let service: ConnectionService
    let peerTLS: TLSContext
    private(set) var address = SocketAddress.any(.ipv6, port: 0)

    /// - Parameter bus: whose loop is used; nil for one of its own.
    init(
        clients: [ClientSettings], limits: ConnectionLimits = ConnectionLimits(),
        checkers: CheckerPolicy = CheckerPolicy(), peerPriority: String? = nil,
        failingCall: Int? = nil, beside bus: BusHarness? = nil
    ) throws {
        var checkers = checkers
        kernel = try bus?.kernel ?? SimulatedKernel(failingCall: failingCall)
        loop = bus?.loop ?? EventLoop(kernel: kernel)
        let priority = ServerSettings.defaultPriority.description
        peerTLS = try TLSContext(priority: peerPriority ?? priority)
        try peerTLS.loadKey(privatePEM: TestKey.privatePEM, publicPEM: TestKey.publicPEM)
        let log = Log(threshold: .debug, sinks: [sink])
        checkers.delay = { $0 }  // no check before a whole interval has passed
        registry = ClientRegistry(clients, on: loop, log: log, checkers: checkers)
        service = ConnectionService(
            loop: loop, tls: try TLSContext(priority: priority), registry: registry, log: log,
            limits: limits)
        registry.start()
    }

    func listen() throws(SystemError) {
        let socket = try kernel.openSocket(.ipv6)
        try kernel.setOption(.noDelay, on: socket)  // as ListeningSocket does
        try kernel.bind(socket, to: .loopback(.ipv6, port: 0))
        try kernel.listen(socket)
        address = try kernel.localAddress(of: socket)
        try service.serve(socket)
        // On a busy machine, what is sent over loopback arrives a little later.
        if kernel.patience == .zero { kernel.patience = .milliseconds(10) }
    }

    func connect() throws(SystemError) -> TestPeer {
        let socket = try kernel.openSocket(.ipv6)
        try kernel.connect(socket, to: address)
        return try TestPeer(socket, self)
    }

    /// Turns until `isDone`. Time only passes when nothing else can happen.
    func run(turnsMax: Int = 10_000, until isDone: () -> Bool) throws(SystemError) {
        for _ in 0..<turnsMax {
            if isDone() { return }
            try loop.turn()
        }
    }

    /// Turns until everybody has left, at the latest when `span` is over.
    func runUntilIdle(within span: Duration = .seconds(100)) throws(SystemError) {
        let end = loop.now + span
        let timer = loop.timer(at: end) {}
        try run { [self] in service.count == 0 || loop.now >= end }
        _ = consume timer
    }

    /// Ends everything, and reaps every child: a zombie would keep the monitor of the test runner,
    /// which waits for any child, from seeing the end of its own.
    func tearDown() throws(SystemError) {
        service.stop()
        registry.stop(within: .zero)
        kernel.patience = .milliseconds(100)
        try run { [self] in loop.registrationCount == 0 }
    }

    static func client(
        _ name: String = "test", checker: String = "exit 0", secret: [UInt8] = Array("secret".utf8),
        isEnabled: Bool = true,
        approvalDelay: Duration = .zero, approvalDuration: Duration = .seconds(1),
        isApprovedByDefault: Bool = true,
        keyID: KeyID? = TestKey.keyID
    ) -> ClientSettings {
        ClientSettings(
            name: ClientName(name), keyID: keyID, keyIDText: "", fingerprint: "",
            secret: SharedSecret(SensitiveBytes(copying: secret)), host: "", checker: checker,
            timeout: .seconds(300), extendedTimeout: .seconds(900), interval: .seconds(120),
            approvalDelay: approvalDelay, approvalDuration: approvalDuration,
            isApprovedByDefault: isApprovedByDefault, isEnabled: isEnabled)
    }
}

/// A booting machine, played in the same process.
final class TestPeer: ByteStream {
    enum State: Equatable { case handshaking, receiving, finished, failed }

    private let harness: ServiceHarness
    private var watch: Watch?
    private var tls: TLSSession?
    private(set) var state = State.handshaking
    private(set) var received: [UInt8] = []
    /// Reads no secret while it is set.
    var isLazy = false
    /// Leaves as soon as it has sent its part of the handshake.
    var hangsUpAfterItsMessages = false

    init(_ socket: consuming Descriptor, _ harness: ServiceHarness) throws(SystemError) {
        self.harness = harness
        watch = try harness.loop.watch(socket, for: .input) { [self] _ in advance() }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        watch?.read(into: buffer) ?? .endOfStream
    }

    func write(from buffer: UnsafeRawBufferPointer) -> Transfer {
        watch?.write(from: buffer) ?? .endOfStream
    }

    func send(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { write(from: $0) } }

    /// Sends the line, and plays its part from then on.
    func boot(_ line: String = "1\r\n") {
        tls = try? TLSSession(harness.peerTLS, role: .server)
        send(line)
    }

    func hangUp() {
        watch = nil
        if state != .finished { state = .failed }
    }

    var isDone: Bool { state == .finished || state == .failed }

    private func advance() {
        guard let tls else { return noteEnd() }
        do throws(TLSError) {
            if state == .handshaking {
                guard try tls.handshake(over: self) == .finished else {
                    if hangsUpAfterItsMessages { hangUp() }
                    return
                }
                state = .receiving
            }
            if state == .receiving { try receive(tls) }
        } catch {
            hangUp()
        }
    }

    private func receive(_ tls: TLSSession) throws(TLSError) {
        guard try tls.flush(over: self), !isLazy else { return idle() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let outcome = try tls.receive(into: buffer, over: self)
            switch outcome {
            case .bytes(let count): received += buffer[..<count]
            case .wants: return
            case .end:
                state = .finished
                try tls.bye(over: self)
                _ = try tls.flush(over: self)
                return hangUp()
            }
        }
    }

    /// Leaves what has arrived where it is.
    private func idle() { try? watch?.want([]) }

    /// A peer without TLS only wants to know when it is dropped.
    private func noteEnd() {
        var byte = [UInt8](repeating: 0, count: 1)
        let transfer = byte.withUnsafeMutableBytes { read(into: $0) }
        switch transfer {
        case .bytes(let count): received += byte[..<count]
        case .wouldBlock: break
        case .endOfStream, .failed: hangUp()
        }
    }
}
