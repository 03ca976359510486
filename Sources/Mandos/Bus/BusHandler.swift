internal import CShims.Bus

/// What sd-bus calls back. It holds a reference for as long as the slot exists.
final class BusHandler {
    private let body: (BusMessage) throws(BusError) -> Bool

    /// - Parameter body: returns whether that was all there is to do about the message. What it
    ///   throws is the answer to a call.
    init(_ body: @escaping (BusMessage) throws(BusError) -> Bool) { self.body = body }

    /// Registers it with `register`, which passes on what it is given to sd-bus.
    func register(
        _ call: StaticString,
        _ register: (
            UnsafeMutablePointer<OpaquePointer?>, sd_bus_message_handler_t, UnsafeMutableRawPointer
        ) -> CInt
    ) throws(BusError) -> BusSlot {
        var slot: OpaquePointer?
        let retained = unsafe Unmanaged.passRetained(self)
        let code = unsafe register(&slot, Self.callback, retained.toOpaque())
        guard code >= 0, let slot = unsafe slot else {
            unsafe retained.release()
            throw BusError(call, code: code)
        }
        _ = unsafe sd_bus_slot_set_destroy_callback(slot) {
            unsafe Unmanaged<BusHandler>.fromOpaque($0!).release()
        }
        return unsafe BusSlot(adopting: slot)
    }

    private static let callback: sd_bus_message_handler_t = { message, context, error in
        let handler = unsafe Unmanaged<BusHandler>.fromOpaque(context!).takeUnretainedValue()
        return unsafe handler.handle(message!, error)
    }

    private func handle(
        _ message: OpaquePointer, _ answer: UnsafeMutablePointer<sd_bus_error>?
    ) -> CInt {
        do throws(BusError) {
            return try unsafe body(BusMessage(retaining: message)) ? 1 : 0
        } catch {
            return unsafe error.name.withCString { name in
                unsafe error.message.withCString { unsafe sd_bus_error_set(answer, name, $0) }
            }
        }
    }
}
