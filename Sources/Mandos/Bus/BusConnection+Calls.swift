internal import CShims.Bus
internal import Reactor

// Everything registered here ends with the connection: whoever wants it on the next one as well
// registers it anew, see `BusUser`.
extension BusConnection {
    /// The peer of a call: a name on the bus, the path of an object, and one of its interfaces.
    package struct Target {
        package let destination: String
        package let path: String
        /// nil for whichever has the method.
        package let interface: String?

        package init(_ destination: String, _ path: String, _ interface: String?) {
            self.destination = destination
            self.path = path
            self.interface = interface
        }

        /// The bus itself.
        package static let bus = Target(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    }

    /// Calls a method, which starts the service if the bus knows how to.
    ///
    /// - Parameters:
    ///   - timeout: nil for that of sd-bus, 25 s.
    ///   - arguments: appends them.
    ///   - reply: called once with the answer, an error, or that there was none; not if the slot is
    ///     let go before, nor when the connection is closed.
    package func call(
        _ target: Target, _ member: String, timeout: Duration? = nil,
        arguments: (BusMessage) -> Void = { _ in },
        reply: @escaping (Result<BusMessage, BusError>) -> Void
    ) throws(BusError) -> BusSlot {
        let call = try newCall(target, member)
        arguments(call)
        try Self.check("sd_bus_message_append", call.failure)
        let microseconds = timeout.map { UInt64(max(1, $0.clampedMicroseconds)) } ?? 0
        return try unsafe register("sd_bus_call_async", Self.once(reply)) {
            slot, callback, context in
            unsafe sd_bus_call_async(bus, slot, call.message, callback, context, microseconds)
        }
    }

    private func newCall(_ target: Target, _ member: String) throws(BusError) -> BusMessage {
        var message: OpaquePointer?
        let code = unsafe target.destination.withCString { destination in
            unsafe target.path.withCString { path in
                unsafe member.withCString { member in
                    func make(_ interface: UnsafePointer<CChar>?) -> CInt {
                        unsafe sd_bus_message_new_method_call(
                            bus, &message, destination, path, interface, member)
                    }
                    guard let interface = target.interface else { return make(nil) }
                    return unsafe interface.withCString { unsafe make($0) }
                }
            }
        }
        return try unsafe Self.adopt("sd_bus_message_new_method_call", message, code)
    }

    /// Calls `handler` with each signal that fits `rule` (D-Bus specification, “Match Rules”).
    ///
    /// A signal sent to us alone reaches us from anybody, whatever well-known name `rule` says: to
    /// be sure who it is from, give the unique name of the sender, which `watchOwner` tells. For the
    /// bus itself there is `matchBus`.
    package func match(
        _ rule: String, handler: @escaping (BusMessage) -> Void
    ) throws(BusError) -> BusSlot {
        let object = BusHandler { message in
            handler(message)
            return false  // others may want it as well
        }
        return try unsafe register("sd_bus_add_match_async", object) { slot, callback, context in
            unsafe rule.withCString {
                // Without a callback of its own, a rule that the bus does not take ends the
                // connection.
                unsafe sd_bus_add_match_async(bus, slot, $0, callback, { _, _, _ in 1 }, context)
            }
        }
    }

    /// Calls `handler` with each signal of the bus itself that has that name.
    ///
    /// - Parameter argument: the first one that it has to have; nil for any.
    func matchBus(
        _ member: String, argument: String? = nil, handler: @escaping (BusMessage) -> Void
    ) throws(BusError) -> BusSlot {
        let (sender, path) = (Target.bus.destination, Target.bus.path)
        var rule = "type='signal',sender='\(sender)',path='\(path)',"
        rule += "interface='\(sender)',member='\(member)'"
        if let argument { rule += ",arg0='\(argument)'" }
        return try match(rule) { message in
            // The bus names every sender, so this is one that nobody can take for himself.
            if message.sender == sender { handler(message) }
        }
    }

    /// Answers the calls for all objects at and below `path`, however many there are.
    ///
    /// - Parameter handler: returns whether it has answered or will, see `BusMessage.newReply`. What
    ///   it throws is the answer.
    package func serve(
        below path: String, handler: @escaping (BusMessage) throws(BusError) -> Bool
    ) throws(BusError) -> BusSlot {
        try unsafe register("sd_bus_add_fallback", BusHandler(handler)) { slot, callback, context in
            unsafe path.withCString {
                unsafe sd_bus_add_fallback(bus, slot, $0, callback, context)
            }
        }
    }

    /// Asks for a well-known name. We do not queue for it, and nobody may take it from us.
    ///
    /// - Parameter result: called once: nil if it is ours.
    package func requestName(
        _ name: String, result: @escaping (BusNameProblem?) -> Void
    ) throws(BusError) -> BusSlot {
        let handler = Self.once { result(BusNameProblem($0)) }
        return try unsafe register("sd_bus_request_name_async", handler) {
            slot, callback, context in
            unsafe name.withCString {
                unsafe sd_bus_request_name_async(bus, slot, $0, 0, callback, context)
            }
        }
    }

    /// Gives a well-known name back.
    package func releaseName(_ name: String) throws(BusError) {
        let handler = BusHandler { _ in true }
        let slot = try unsafe register("sd_bus_release_name_async", handler) {
            slot, callback, context in
            unsafe name.withCString {
                unsafe sd_bus_release_name_async(bus, slot, $0, callback, context)
            }
        }
        slot.float()
    }

    /// A signal to everybody, to be filled and sent.
    package func newSignal(
        _ path: String, _ interface: StaticString, _ member: StaticString
    ) throws(BusError) -> BusMessage {
        var message: OpaquePointer?
        let code = unsafe path.withCString { path in
            unsafe interface.withCString { interface in
                unsafe member.withCString {
                    unsafe sd_bus_message_new_signal(bus, &message, path, interface, $0)
                }
            }
        }
        return try unsafe Self.adopt("sd_bus_message_new_signal", message, code)
    }

    /// Sends it when the bus takes it, which need not be now.
    package func send(_ message: BusMessage) throws(BusError) {
        try Self.check("sd_bus_message_append", message.failure)
        try Self.check("sd_bus_send", unsafe sd_bus_send(bus, message.message, nil))
        noteWork()
    }

    private func register(
        _ call: StaticString, _ handler: BusHandler,
        _ body: (
            UnsafeMutablePointer<OpaquePointer?>, sd_bus_message_handler_t, UnsafeMutableRawPointer
        ) -> CInt
    ) throws(BusError) -> BusSlot {
        guard isOpen else { throw BusError(.disconnected, "there is no connection to the bus") }
        let slot = try unsafe handler.register(call, body)
        noteWork()
        return slot
    }

    private static func once(
        _ reply: @escaping (Result<BusMessage, BusError>) -> Void
    ) -> BusHandler {
        BusHandler { message in
            if let error = BusError(of: message) {
                reply(.failure(error))
            } else {
                reply(.success(message))
            }
            return true
        }
    }

    static func adopt(
        _ call: StaticString, _ message: OpaquePointer?, _ code: CInt
    ) throws(BusError) -> BusMessage {
        guard code >= 0, let message = unsafe message else { throw BusError(call, code: code) }
        return unsafe BusMessage(adopting: message)
    }
}

extension BusMessage {
    /// The answer to this call, to be filled and sent, in this turn or a later one.
    package func newReply() throws(BusError) -> BusMessage {
        var reply: OpaquePointer?
        let code = unsafe sd_bus_message_new_method_return(message, &reply)
        return try unsafe BusConnection.adopt("sd_bus_message_new_method_return", reply, code)
    }

    /// The answer to this call that it has failed.
    package func newReply(_ error: BusError) throws(BusError) -> BusMessage {
        var reply: OpaquePointer?
        let code = unsafe error.name.withCString { name in
            unsafe error.message.withCString { text in
                var error = unsafe sd_bus_error()
                unsafe error.name = name
                unsafe error.message = text
                return unsafe sd_bus_message_new_method_error(message, &reply, &error)
            }
        }
        return try unsafe BusConnection.adopt("sd_bus_message_new_method_error", reply, code)
    }
}
