internal import CShims.Bus

// Whoever sends a message decides what is in it, so each of these may fail.
extension BusMessage {
    /// The type of the next value, and the signature of what it contains if it is a container. nil
    /// at the end of the container or message.
    package func next() throws(BusError) -> (type: BusType, contents: String)? {
        var type: CChar = 0
        var contents: UnsafePointer<CChar>?
        let code = unsafe sd_bus_message_peek_type(message, &type, &contents)
        try check(code)
        guard code > 0 else { return nil }
        guard let type = BusType(rawValue: UInt8(bitPattern: type)) else {
            throw BusError(.invalidArguments, "unexpected type of value")
        }
        return (type, unsafe contents.map { unsafe String(cString: $0) } ?? "")
    }

    package func readString(_ type: BusType = .string) throws(BusError) -> String {
        precondition(type == .string || type == .objectPath || type == .signature)
        var text: UnsafePointer<CChar>?
        try take(unsafe sd_bus_message_read_basic(message, type.code, &text), type)
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text)
    }

    package func readBoolean() throws(BusError) -> Bool {
        var value: CInt = 0
        try take(unsafe sd_bus_message_read_basic(message, BusType.boolean.code, &value), .boolean)
        return value != 0
    }

    package func readDouble() throws(BusError) -> Double {
        var value = 0.0
        try take(unsafe sd_bus_message_read_basic(message, BusType.double.code, &value), .double)
        return value
    }

    package func readByte() throws(BusError) -> UInt8 { try integer(.byte, UInt8(0)) }
    package func readInt16() throws(BusError) -> Int16 { try integer(.int16, Int16(0)) }
    package func readUInt16() throws(BusError) -> UInt16 { try integer(.uint16, UInt16(0)) }
    package func readInt32() throws(BusError) -> Int32 { try integer(.int32, Int32(0)) }
    package func readUInt32() throws(BusError) -> UInt32 { try integer(.uint32, UInt32(0)) }
    package func readInt64() throws(BusError) -> Int64 { try integer(.int64, Int64(0)) }
    package func readUInt64() throws(BusError) -> UInt64 { try integer(.uint64, UInt64(0)) }

    /// Lends the bytes of an `ay`, which are part of the message.
    package func readBytes<Result: ~Copyable>(
        _ body: (Span<UInt8>) -> Result
    ) throws(BusError) -> Result {
        var start: UnsafeRawPointer?
        var count = 0
        let code = unsafe sd_bus_message_read_array(
            message, BusType.byte.code, &start, &count)
        try take(code, .array, "ay")
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return body(unsafe bytes.bindMemory(to: UInt8.self).span)
    }

    /// - Parameter contents: the signature of what is in it, nil for whatever is.
    package func enter(_ container: BusType, _ contents: String? = nil) throws(BusError) {
        let inside: String
        if let contents { inside = contents } else { inside = try next()?.contents ?? "" }
        let code = unsafe inside.withCString {
            unsafe sd_bus_message_enter_container(message, container.code, $0)
        }
        try take(code, container)
    }

    /// - Precondition: all of the container has been read or skipped.
    package func leave() throws(BusError) {
        try check(unsafe sd_bus_message_exit_container(message))
    }

    /// Skips one complete value.
    package func skip() throws(BusError) { try check(unsafe sd_bus_message_skip(message, nil)) }

    /// Calls `body` before each value of the container that was entered.
    package func readEach(_ body: () throws(BusError) -> Void) throws(BusError) {
        while try next() != nil { try body() }
    }

    private func integer<Value: FixedWidthInteger>(
        _ type: BusType, _ zero: Value
    ) throws(BusError) -> Value {
        var value = zero
        try take(unsafe sd_bus_message_read_basic(message, type.code, &value), type)
        return value
    }

    /// - Parameter signature: of the whole value, if it has more than one letter.
    private func take(
        _ code: CInt, _ type: BusType, _ signature: StaticString? = nil
    ) throws(BusError) {
        if code > 0 { return }
        let text = signature?.description ?? String(decoding: [type.rawValue], as: UTF8.self)
        throw BusError(.invalidArguments, "expected a value of type “\(text)”")
    }

    private func check(_ code: CInt) throws(BusError) {
        if code < 0 { throw BusError(.invalidArguments, "malformed: \(BusError.reason(code))") }
    }
}
