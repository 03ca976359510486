package import Reactor

/// Finds out whether hosts answer, as `fping -q -- HOST` does, without starting a program: with one
/// ICMP socket for each family, which all pings share.
package final class Pinger {
    private let loop: EventLoop
    private let resolver: NameResolver
    private var ipv4: PingChannel?
    private var ipv6: PingChannel?

    /// Opens the sockets that it may open: to be made before root's rights are given up.
    ///
    /// - Throws: when there is neither of them, or no descriptor for the resolver.
    package init(on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        resolver = try NameResolver(on: loop)
        var failure: SystemError?
        for family in [SocketFamily.ipv4, .ipv6] {
            do throws(SystemError) {
                let channel = try PingChannel(loop.kernel.openPingSocket(family), on: loop)
                if family == .ipv4 { ipv4 = channel } else { ipv6 = channel }
            } catch {
                failure = error
            }
        }
        if ipv4 == nil, ipv6 == nil, let failure { throw failure }
    }

    /// Asks `host`, a name or an address, until it answers or is given up.
    ///
    /// - Parameter ended: called once, later, with the exit status of fping: 0 if it has answered, 1
    ///   if not, 2 if there is no such host.
    func ping(_ host: String, ended: @escaping (ExitStatus) -> Void) -> PingRun {
        let run = PingRun(on: loop, ended: ended)
        if let address = SocketAddress(numeric: host) {
            start(run, address)
        } else {
            run.lookup = resolver.resolve(host) { [self] in
                guard let address = $0 else { return run.finish(.exited(2)) }
                start(run, address)
            }
        }
        return run
    }

    private func start(_ run: PingRun, _ address: SocketAddress) {
        guard let channel = address.family == .ipv4 ? ipv4 : ipv6 else {
            // A machine without that family cannot reach the host.
            return loop.later { run.finish(.exited(1)) }
        }
        run.start(over: channel, to: address)
    }

    /// Has `source` asked for names from now on, before the C library is.
    package func ask(_ source: any NameSource) { resolver.source = source }

    /// Answers nobody any more.
    package func stop() {
        resolver.stop()
        ipv4?.stop()
        ipv6?.stop()
    }
}
