import Foundation

@testable import LoadGenerator

/// `floor-server.c`, a real server that gives everybody a secret.
final class FloorServer {
    let port: UInt16
    private let pid: pid_t
    private let directory: URL

    /// - Parameter secretByteCount: what it sends; machines of the tests expect 300.
    init(secretByteCount: Int = 300) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let program = directory.appendingPathComponent("floor-server").path
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../floor-server.c").path
        let compiler = try Self.spawn(["cc", "-o", program, source, "-lgnutls", "-lsqlite3"])
        guard Self.wait(for: compiler) == 0 else { throw LoadError("\(source) does not compile") }
        port = try Self.findFreePort()
        pid = try Self.spawn([program, String(port), String(secretByteCount)])
    }

    deinit {
        // The threads that run tests block the other signals, and so does what they start.
        kill(pid, SIGKILL)
        _ = Self.wait(for: pid)
        try? FileManager.default.removeItem(at: directory)
    }

    func meter() throws -> ServerMeter { try ServerMeter(pid: pid) }

    private static func spawn(_ arguments: [String]) throws -> pid_t {
        let vector = arguments.map { strdup($0) } + [nil]
        defer { vector.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], nil, nil, vector, environ)
        guard code == 0 else { throw LoadError("\(arguments[0]): error \(code)") }
        return pid
    }

    private static func wait(for pid: pid_t) -> CInt {
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    /// One at which nobody listens, now.
    static func findFreePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) | getsockname(descriptor, $0, &size)
            }
        }
        guard code == 0 else { throw LoadError("no port is free") }
        return UInt16(bigEndian: address.sin_port)
    }
}
