import Peers
import Support

/// Swift's side of `peers.h`: connections of simulated peers, in this thread.
@safe final class Crew {
    struct Result {
        let number: Int
        let kind: PeerKind
        let outcome: Outcome
        /// In seconds, on the clock of `now`.
        let started: Double
        let ended: Double
        let problem: String?
    }

    private let peers: OpaquePointer
    private let request: UnsafeMutableBufferPointer<UInt8>
    private let answer: UnsafeMutableBufferPointer<UInt8>

    /// - Parameter openMax: how many may be open at the same time.
    init(_ settings: LoadSettings, openMax: Int, holdSeconds: Double, sources: Int) {
        unsafe request = .allocate(capacity: settings.request.count)
        unsafe answer = .allocate(capacity: settings.answer.count)
        _ = unsafe request.initialize(from: settings.request)
        _ = unsafe answer.initialize(from: settings.answer)
        var inC = unsafe peers_settings()
        unsafe withUnsafeMutableBytes(of: &inC.target) {
            unsafe $0.copyBytes(from: settings.target.address)
        }
        unsafe inC.target_size = socklen_t(settings.target.address.count)
        unsafe inC.open_max = openMax
        unsafe inC.source_count = UInt32(sources)
        unsafe inC.attempt_ns = UInt64(settings.attemptSeconds * 1e9)
        unsafe inC.hold_ns = UInt64(holdSeconds * 1e9)
        unsafe inC.bytes_per_second = UInt32(settings.slowBytesPerSecond)
        unsafe inC.seed = settings.seed
        unsafe inC.request = UnsafePointer(request.baseAddress)
        unsafe inC.request_size = request.count
        unsafe inC.answer = UnsafePointer(answer.baseAddress)
        unsafe inC.answer_size = answer.count
        unsafe peers = peers_create(&inC)
    }

    deinit {
        unsafe peers_destroy(peers)
        unsafe request.deallocate()
        unsafe answer.deallocate()
    }

    var openCount: Int { unsafe peers_open(peers) }
    var connectedCount: Int { unsafe peers_connected(peers) }

    /// - Returns: what it is called in `start`.
    func add(_ machine: machine) -> Int {
        unsafe withUnsafePointer(to: machine) { unsafe peers_add(peers, $0) }
    }

    /// - Returns: false if as many are open as may be.
    func start(_ kind: PeerKind, machine: Int, number: Int) -> Bool {
        unsafe peers_start(peers, kind.inC, machine, UInt64(number))
    }

    /// Waits for what happens, for at most so long.
    func turn(seconds: Double) {
        unsafe peers_turn(peers, CInt(max(0, seconds * 1000).rounded(.up)))
    }

    /// Ends all that are open.
    func dismiss() { unsafe peers_dismiss(peers) }

    func takeResult() -> Result? {
        var result = unsafe peer_result()
        guard unsafe peers_take(peers, &result),
            let kind = unsafe PeerKind(rawValue: result.kind.rawValue),
            let outcome = unsafe Outcome(rawValue: result.outcome.rawValue)
        else { return nil }
        return unsafe Result(
            number: Int(result.number), kind: kind, outcome: outcome,
            started: Double(result.started_ns) / 1e9, ended: Double(result.ended_ns) / 1e9,
            problem: result.problem.map { unsafe String(cString: $0) })
    }

    /// Seconds of CLOCK_MONOTONIC.
    static var now: Double { Double(now_ns()) / 1e9 }
}
