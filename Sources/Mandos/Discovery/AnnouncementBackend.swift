/// Somebody who tells the network where the server is: this process, or the mDNS daemon of the host.
///
/// Whatever goes wrong, it goes on trying, and says so in the log.
protocol AnnouncementBackend: AnyObject {
    func start()
    /// Withdraws the announcement.
    func stop()
}
