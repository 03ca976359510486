import Testing

@testable import Mandos

struct DecimalIntegerTests {
    static let good: [(String, Int)] = [
        ("0", 0), ("7", 7), ("-1", -1), ("+1", 1), ("007", 7), ("1_000", 1000), (" 12\t\n", 12),
        ("9223372036854775807", .max), ("-9223372036854775808", .min), ("-0", 0),
    ]

    @Test("an integer has an optional sign, blanks around and _ between digits", arguments: good)
    func integer(_ text: String, _ value: Int) {
        #expect(DecimalInteger.parse(text) == value)
    }

    @Test(
        "anything else is no integer",
        arguments: [
            "", " ", "+", "-", "_1", "1_", "1__2", "+_1", "- 1", "1 2", "0x1", "1.0", "1e3", "١",
            "--1", "9223372036854775808", "-9223372036854775809", "1\u{0}",
        ])
    func noInteger(_ text: String) {
        #expect(DecimalInteger.parse(text) == nil)
    }
}
