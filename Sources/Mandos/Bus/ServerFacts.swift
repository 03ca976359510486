/// What the server tells of itself.
package struct ServerFacts {
    /// On which it listens, as inet_ntop(3) writes it.
    package let address: String
    package let port: UInt16
    /// Empty: all of them.
    package let interface: String
    /// Under which it is announced.
    package internal(set) var serviceName: String
    /// Problems of the saved state; see `StateKeeper`.
    package internal(set) var stateProblems: [String] = []

    package init(address: String, port: UInt16, interface: String, serviceName: String) {
        self.address = address
        self.port = port
        self.interface = interface
        self.serviceName = serviceName
    }
}
