internal import CShims.Bus

// Only a lack of memory or a mistake of the caller makes these fail. Then the message as a whole
// has failed, which whoever sends it is told.
extension BusMessage {
    package func append(_ text: String, as type: BusType = .string) {
        unsafe text.withCString { unsafe append(type, UnsafeRawPointer($0)) }
    }

    package func append(_ text: StaticString) {
        unsafe append(.string, UnsafeRawPointer(text.utf8Start))
    }

    package func append(_ value: Bool) {
        var number: CInt = value ? 1 : 0
        unsafe append(.boolean, &number)
    }

    package func append(_ value: Double) {
        var value = value
        unsafe append(.double, &value)
    }

    package func append(_ value: UInt8) { appendInteger(value, .byte) }
    package func append(_ value: Int16) { appendInteger(value, .int16) }
    package func append(_ value: UInt16) { appendInteger(value, .uint16) }
    package func append(_ value: Int32) { appendInteger(value, .int32) }
    package func append(_ value: UInt32) { appendInteger(value, .uint32) }
    package func append(_ value: Int64) { appendInteger(value, .int64) }
    package func append(_ value: UInt64) { appendInteger(value, .uint64) }

    package func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes {
            note(
                unsafe sd_bus_message_append_array(
                    message, BusType.byte.code, $0.baseAddress, $0.count))
        }
    }

    /// Puts what `body` appends into a container.
    ///
    /// - Parameter contents: the signature of it: of one element for an array, of the key and the
    ///   value for a dictionary entry.
    package func append(_ container: BusType, _ contents: StaticString, _ body: () -> Void) {
        open(container, contents)
        body()
        close()
    }

    /// Begins a container, which `close` ends, perhaps in a later turn.
    package func open(_ container: BusType, _ contents: StaticString) {
        unsafe contents.withCString {
            note(unsafe sd_bus_message_open_container(message, container.code, $0))
        }
    }

    package func close() { note(unsafe sd_bus_message_close_container(message)) }

    private func appendInteger<Value: FixedWidthInteger>(_ value: Value, _ type: BusType) {
        var value = value
        unsafe append(type, &value)
    }

    private func append(_ type: BusType, _ value: UnsafeRawPointer) {
        note(unsafe sd_bus_message_append_basic(message, type.code, value))
    }

    func note(_ code: CInt) { if code < 0, failure == 0 { failure = code } }
}

extension StaticString {
    /// - Precondition: it is more than a single character of Unicode.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe utf8Start.withMemoryRebound(to: CChar.self, capacity: utf8CodeUnitCount + 1) {
            unsafe body($0)
        }
    }
}
