internal import CShims.Bus

/// Something registered on a connection: a match, an object, a call whose reply is awaited. Letting
/// go of it cancels; its handler is never called again.
@safe
@usableFromInline  // or Embedded Swift does not see the deinit from other modules
package struct BusSlot: ~Copyable {
    private let slot: OpaquePointer

    /// - Parameter slot: not floating; its reference is taken over.
    init(adopting slot: OpaquePointer) { unsafe self.slot = slot }

    deinit { _ = unsafe sd_bus_slot_unref(slot) }

    /// Lets it stand without a holder, until it is done or the connection ends.
    package consuming func float() { _ = unsafe sd_bus_slot_set_floating(slot, 1) }
}
