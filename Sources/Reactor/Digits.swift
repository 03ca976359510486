/// Numbers of a fixed width.
package enum Digits {
    /// `number`, which is not negative, with leading zeros up to `width` digits.
    package static func padded(_ number: Int64, to width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
