internal import CShims.Avahi
internal import Reactor

/// Why the server cannot be announced.
package struct DiscoveryError: Error, Equatable {
    package let problem: String

    init(_ problem: String) { self.problem = problem }

    init(_ error: SystemError) { self.init(error.text) }

    /// - Parameter code: one of avahi's error codes.
    init(_ call: StaticString, avahi code: CInt) {
        self.init("\(call): \(unsafe String(cString: avahi_strerror(code)))")
    }
}
