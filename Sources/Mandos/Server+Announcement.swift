internal import CShims.Linux
internal import Reactor

extension Server {
    /// Tells the network where the server is.
    ///
    /// - Parameter bus: started already; nil if none may be used.
    /// - Returns: nil if nobody is to find the server by itself.
    func announce(
        at endpoint: SocketAddress, through bus: Bus?, on loop: EventLoop,
        renamed: @escaping (String) -> Void
    ) -> Announcer? {
        guard settings.zeroconf != .none else { return nil }
        let announcement = Announcement(
            name: settings.serviceName, endpoint: endpoint,
            family: settings.usesIPv6 ? endpoint.family : .ipv4, interface: settings.interface,
            texts: settings.serviceTexts)
        let announcer = Announcer(
            announcement, mode: settings.zeroconf, bus: bus, on: loop, log: log
        ) { [self] in
            systemLog.serviceName = $0
            renamed($0)
        } announced: { [self] in
            notifier?.isAnnounced()
        }
        cshim_never_wait()  // avahi-core would
        announcer.start()
        return announcer
    }
}
