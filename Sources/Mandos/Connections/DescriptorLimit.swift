internal import CShims.Linux

/// What RLIMIT_NOFILE (getrlimit(2)) leaves for connections.
enum DescriptorLimit {
    /// For what is not a connection: the loop, the log, checkers, the bus, the store.
    private static let reserve = 64
    /// Unless mandos.conf says otherwise: a handshake may cost 45 KB of memory.
    private static let connectionsDefaultMax = 1024

    static var connectionsMax: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return connectionsDefaultMax
        }
        let descriptors = Int(clamping: limit.rlim_cur)
        return max(8, min(descriptors - reserve, connectionsDefaultMax))
    }
}
