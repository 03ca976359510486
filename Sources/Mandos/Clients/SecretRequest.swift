package import Reactor

/// A peer that wants the secret of a client, from when it has proved its key until it is gone.
/// Letting go of it tells that.
@usableFromInline  // or Embedded Swift does not see the deinit
package struct SecretRequest: ~Copyable {
    let name: ClientName
    let id: UInt64
    private let registry: ClientRegistry

    init(_ name: ClientName, id: UInt64, registry: ClientRegistry) {
        self.name = name
        self.id = id
        self.registry = registry
    }

    deinit { registry.end(id, of: name) }
}

/// Leave to send a secret. Holds the secret until it is sent, whatever becomes of the client.
package struct Release {
    package let name: ClientName
    package let secret: SharedSecret
}

package enum ReleaseDecision {
    case granted(Release)
    /// Ask again then, if not called before.
    case waits(until: Instant)
    /// With the level at which to say so, and why.
    case refused(LogLevel, String)
}
