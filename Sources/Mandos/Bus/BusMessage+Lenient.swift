// What callers may send in place of what an interface asks for. The reference server takes nearly
// anything, and tools rely on it: mandos-ctl(8) sends an int32 where a uint64 is declared.
extension BusMessage {
    /// Any number that is not negative and fits; fractions are kept.
    func readDuration() throws(BusError) -> Duration {
        let (type, contents) = try needNext()
        if type == .variant {
            return try readVariant(contents) { () throws(BusError) in try readDuration() }
        }
        if type == .double { return try Self.duration(milliseconds: readDouble()) }
        guard let value = try readInteger(type) else {
            throw BusError(.invalidArguments, "expected a number of milliseconds")
        }
        guard value >= 0 else {
            throw BusError(.invalidArguments, "expected a time, found a negative one")
        }
        guard value <= Self.millisecondsMax else { throw Self.tooLong }
        return .milliseconds(value)
    }

    /// Whatever is not false: zero and what is empty are.
    func readTruth() throws(BusError) -> Bool {
        let (type, contents) = try needNext()
        switch type {
        case .boolean: return try readBoolean()
        case .double: return try readDouble() != 0
        case .string, .objectPath, .signature: return try !readString(type).isEmpty
        case .variant: return try readVariant(contents) { () throws(BusError) in try readTruth() }
        case .array, .structure, .dictionaryEntry:
            try enter(type, contents)
            let isEmpty = try next() == nil
            try readEach { () throws(BusError) in try skip() }
            try leave()
            return !isEmpty
        case .byte, .int16, .uint16, .int32, .uint32, .int64, .uint64:
            return try readInteger(type) != 0
        }
    }

    /// A text, or what a number is as a text.
    func readText() throws(BusError) -> String {
        let (type, contents) = try needNext()
        switch type {
        case .string, .objectPath, .signature: return try readString(type)
        case .variant: return try readVariant(contents) { () throws(BusError) in try readText() }
        case .boolean: return try readBoolean() ? "1" : "0"
        case .double: return "\(try readDouble())"
        case .byte, .int16, .uint16, .int32, .uint32, .int64, .uint64:
            return "\(try readInteger(type) ?? 0)"
        case .array, .structure, .dictionaryEntry:
            throw BusError(.invalidArguments, "expected a text")
        }
    }

    /// Calls `body` with the contents of a variant as what is read next.
    func readVariant<Value>(
        _ contents: String, _ body: () throws(BusError) -> Value
    ) throws(BusError) -> Value {
        try enter(.variant, contents)
        let value = try body()
        try leave()
        return value
    }

    func needNext() throws(BusError) -> (type: BusType, contents: String) {
        guard let next = try next() else {
            throw BusError(.invalidArguments, "expected another argument")
        }
        return next
    }

    /// nil if `type` is none of an integer. What is too large is cut to the largest.
    private func readInteger(_ type: BusType) throws(BusError) -> Int64? {
        switch type {
        case .boolean: try readBoolean() ? 1 : 0
        case .byte: Int64(try readByte())
        case .int16: Int64(try readInt16())
        case .uint16: Int64(try readUInt16())
        case .int32: Int64(try readInt32())
        case .uint32: Int64(try readUInt32())
        case .int64: try readInt64()
        case .uint64: Int64(clamping: try readUInt64())
        case .double, .string, .objectPath, .signature, .array, .variant, .structure,
            .dictionaryEntry:
            nil
        }
    }

    private static func duration(milliseconds value: Double) throws(BusError) -> Duration {
        // Also false for what is not a number.
        guard value >= 0 else {
            throw BusError(.invalidArguments, "expected a time, found a negative one")
        }
        guard value <= Double(millisecondsMax) else { throw tooLong }
        let whole = Int64(value)
        return .milliseconds(whole) + .nanoseconds(Int64((value - Double(whole)) * 1_000_000))
    }

    /// 999 999 999 days, which is also the limit of clients.conf.
    private static let millisecondsMax: Int64 = 999_999_999 * 86_400_000
    private static var tooLong: BusError {
        BusError(.invalidArguments, "expected at most 999999999 days")
    }
}
