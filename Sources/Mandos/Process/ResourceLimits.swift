internal import CShims.Linux

/// What getrlimit(2) leaves for connections and for checkers, where mandos.conf does not say.
enum ResourceLimits {
    /// A handshake may cost 45 KB of memory.
    private static let connectionsUsefulMax = 1024
    /// Far more than a machine runs at a time, unless all of them hang.
    private static let checkersUsefulMax = 512
    /// For the loop, the log, the listener, and what is opened for a moment.
    private static let descriptorsReserved = 32

    /// Three descriptors of four, as one of four is for what is not a connection.
    static var connectionsMax: Int { min(connectionsPossible, connectionsUsefulMax) }

    static var connectionsPossible: Int { max(8, descriptors * 3 / 4) }

    /// A checker has two descriptors of ours, for its end and its output, and three processes or
    /// so: a shell, a program, a pipe.
    static var checkersMax: Int {
        let left = descriptors - connectionsMax - descriptorsReserved
        return max(4, min(left / 2, limit(__RLIMIT_NPROC) / 4, checkersUsefulMax))
    }

    private static var descriptors: Int { limit(RLIMIT_NOFILE) }

    private static func limit(_ resource: __rlimit_resource) -> Int {
        var limit = rlimit()
        let code = unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return code == 0 ? Int(clamping: limit.rlim_cur) : 1024
    }
}
