/// How attributes travel from the reader to the server.
extension FileAttributes {
    static let encodedCount = 12

    /// Mode, user and group, of four bytes each.
    var encoded: [UInt8] {
        [mode, user, group].flatMap { number in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
    }

    /// nil if they are none.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.encodedCount else { return nil }
        var numbers: [UInt32] = [0, 0, 0]
        for index in 0..<Self.encodedCount {
            numbers[index / 4] = numbers[index / 4] << 8 | UInt32(bytes[index])
        }
        self.init(mode: numbers[0], user: numbers[1], group: numbers[2])
    }
}
