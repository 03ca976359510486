/// Who wants to use the bus whenever there is one.
package protocol BusUser: AnyObject {
    /// There is a new connection. Whatever is wanted has to be registered on it.
    func busOpened(_ connection: BusConnection)
    /// The connection has ended, and what was registered on it. There may be another one later.
    func busLost()
}
