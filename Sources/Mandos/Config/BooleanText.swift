/// Booleans of the configuration files (mandos.conf(5)).
enum BooleanText {
    static let form = "a boolean such as yes or no"

    /// nil for any text but `1 yes true on 0 no false off`, in any case.
    static func parse(_ text: Span<UInt8>) -> Bool? {
        let isTrue =
            text.matches("1") || text.matches("yes") || text.matches("true") || text.matches("on")
        if isTrue { return true }
        let isFalse =
            text.matches("0") || text.matches("no") || text.matches("false") || text.matches("off")
        return isFalse ? false : nil
    }
}
