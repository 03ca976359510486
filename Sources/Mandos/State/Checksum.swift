internal import Reactor

/// Tells whether bytes are still those that were written: FNV-1a of 64 bits
/// (draft-eastlake-fnv-21, section 2). Each step is a bijection, so one changed byte always gives
/// another sum; a greater change gives the same one once in 2^64. It finds damage; it is no
/// signature.
struct Checksum: Equatable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    /// Goes on from a value that it had.
    init(resumedAt value: UInt64) { self.value = value }

    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte) }
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}

/// The checksum of values that may come in any order: the columns of a row, or the rows of a table.
struct SetChecksum: Equatable {
    private(set) var value: UInt64 = 0

    init() {}

    /// As SQLite keeps it.
    init(saved: Int64) { value = UInt64(bitPattern: saved) }

    var saved: Int64 { Int64(bitPattern: value) }

    mutating func add(_ member: UInt64) { value &+= Self.scattered(member) }
    mutating func remove(_ member: UInt64) { value &-= Self.scattered(member) }

    /// - Parameter column: of which the number is the value; NULL is no member.
    mutating func add(column: CInt, _ number: Int64) {
        var sum = Checksum()
        sum.add(UInt8(truncatingIfNeeded: column))
        sum.add(UInt8(ascii: "i"))
        sum.add(UInt64(bitPattern: number))
        add(sum.value)
    }

    /// - Parameter type: one letter that tells text from bytes.
    mutating func add(column: CInt, type: Unicode.Scalar, _ bytes: UnsafeRawBufferPointer) {
        var sum = Checksum()
        sum.add(UInt8(truncatingIfNeeded: column))
        sum.add(UInt8(ascii: type))
        for index in bytes.indices { sum.add(unsafe bytes[index]) }
        add(sum.value)
    }

    /// A bijection, so that members that resemble each other do not cancel out (SplitMix64).
    private static func scattered(_ member: UInt64) -> UInt64 {
        var mixed = member &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
