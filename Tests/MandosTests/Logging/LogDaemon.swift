import CShims.Linux
import Reactor

/// A datagram socket in a directory of its own, or with an abstract name, where a log daemon or a
/// service manager would have its own.
final class LogDaemon {
    /// Starts with `@` if it is an abstract name.
    let path: String
    private let directory: String
    private var socket: Descriptor?

    init(isAbstract: Bool = false) {
        var template = Array("/tmp/mandos-test-log-XXXXXX".utf8CString)
        directory = String(cString: mkdtemp(&template))
        path = isAbstract ? "@" + directory : directory + "/log"
    }

    deinit {
        stop()
        rmdir(directory)
    }

    func start() {
        let raw = CShims.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        precondition(raw >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        if path.hasPrefix("@") {
            address.sun_path.0 = 0
            length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
        }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, length) }
        }
        precondition(code == 0)
        socket = Descriptor(adopting: raw)
    }

    func stop() {
        socket = nil
        unlink(path)
    }

    /// The oldest datagram not yet received; nil if there is none.
    func receive(isWaiting: Bool = false) -> String? {
        guard let raw = socket?.raw else { return nil }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(raw, &bytes, bytes.count, isWaiting ? 0 : CInt(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    func receiveAll() -> [String] {
        var all: [String] = []
        while let datagram = receive() { all.append(datagram) }
        return all
    }
}
