import CShims.Linux
import Foundation

/// A socket of the test itself, on the loopback interface.
struct ListeningSocket: ~Copyable {
    let descriptor: CInt

    /// - Parameters:
    ///   - port: taken by nobody.
    ///   - isListening: whether peers can connect already; they are accepted by whoever inherits it.
    init(port: UInt16, isListening: Bool = true) throws {
        descriptor = socket(AF_INET6, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("socket: \(errno)") }
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
        guard result == 0, !isListening || listen(descriptor, SOMAXCONN) == 0 else {
            let code = errno
            close(descriptor)
            throw TestFailure("port \(port): error \(code)")
        }
    }

    deinit { close(descriptor) }

    /// A port below those that the kernel gives to connections, which nobody uses now.
    static func findFreePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000..<32_000)
            if (try? ListeningSocket(port: port)) != nil { return port }
        }
        throw TestFailure("there is no free port")
    }
}
