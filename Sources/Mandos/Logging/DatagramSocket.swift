internal import CShims.Linux
internal import Reactor

/// A datagram socket connected to another one that has a name in the file system: unix(7).
struct DatagramSocket: ~Copyable {
    enum Outcome { case sent, wouldBlock, failed }

    private let descriptor: Descriptor

    /// Returns nil when there is no such socket, nobody listens on it, or no descriptor is free.
    ///
    /// - Parameter path: a name that starts with `@` is not in the file system, but an abstract one.
    init?(connectedTo path: String) {
        let raw = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return nil }
        let descriptor = Descriptor(adopting: raw)
        guard Self.connect(raw, to: path) else { return nil }
        self.descriptor = descriptor
    }

    /// Sends all of it or nothing, without waiting and without a signal.
    func send(_ bytes: [UInt8]) -> Outcome {
        while true {
            let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
            let count = unsafe bytes.withUnsafeBytes {
                unsafe CShims.send(descriptor.raw, $0.baseAddress, $0.count, flags)
            }
            if count >= 0 { return .sent }
            switch cshim_errno() {
            case EINTR: continue
            case EAGAIN, ENOBUFS, EMSGSIZE: return .wouldBlock
            default: return .failed
            }
        }
    }

    /// Until the other end has taken something, or `span` is over.
    ///
    /// - Returns: how long it took.
    func waitForRoom(atMost span: Duration) -> Duration {
        let start = Self.now
        var request = pollfd(fd: descriptor.raw, events: Int16(POLLOUT), revents: 0)
        let milliseconds = max(1, span.clampedNanoseconds / 1_000_000)
        _ = unsafe poll(&request, 1, CInt(clamping: milliseconds))
        return Self.now - start
    }

    private static var now: Duration {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Connecting a datagram socket waits for nobody.
    private static func connect(_ raw: CInt, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // The last byte stays zero and ends the name.
        let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard name.count <= capacity else { return false }
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        if name.first == UInt8(ascii: "@") {
            name[0] = 0
            length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe CShims.connect(raw, $0, length) == 0
            }
        }
    }
}
