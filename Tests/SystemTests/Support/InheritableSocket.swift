import CShims.Linux
import Foundation

/// A TCP socket that a server is to inherit. It stays the test's as well, so that it can be asked
/// where the server has it listen.
struct InheritableSocket: ~Copyable {
    enum State: CaseIterable { case unbound, bound, listening }

    let descriptor: CInt

    init(_ state: State, family: CInt = AF_INET6) throws {
        descriptor = socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("socket: \(errno)") }
        guard state == .unbound || bindAnywhere(family) == 0,
            state != .listening || listen(descriptor, 5) == 0
        else { throw TestFailure("bind: \(errno)") }
    }

    deinit { close(descriptor) }

    private func bindAnywhere(_ family: CInt) -> CInt {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(family)
        return withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_storage>.size))
            }
        }
    }

    /// 0 if it is not bound.
    var port: UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor, $0, &length)
            }
            // At the same place for both families: ip(7), ipv6(7).
            return $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }
}
