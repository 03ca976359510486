import Testing

@testable import Mandos

struct LogLevelTests {
    static let names: [(String, LogLevel?)] = [
        ("CRITICAL", .critical), ("ERROR", .error), ("WARNING", .warning), ("INFO", .info),
        ("DEBUG", .debug), ("FATAL", .critical), ("WARN", .warning), ("NOTSET", .debug),
        ("critical", .critical), ("Info", .info), ("dEbUg", .debug), ("warn", .warning),
        ("", nil), ("VERBOSE", nil), ("INFO ", nil), ("10", nil), ("INF", nil), ("ınfo", nil),
    ]

    @Test("a level is known by its names in any case", arguments: names)
    func name(_ name: String, _ level: LogLevel?) {
        #expect(LogLevel(name: name) == level)
    }

    @Test("the worse, the greater")
    func order() {
        #expect(LogLevel.debug < .info)
        #expect(LogLevel.info < .warning)
        #expect(LogLevel.warning < .error)
        #expect(LogLevel.error < .critical)
        #expect(!(LogLevel.error < .error))
    }

    static let thresholds: [(Bool, String, LogLevel?)] = [
        (false, "", .warning), (true, "", .debug), (true, "ERROR", .debug), (true, "?", .debug),
        (false, "error", .error), (false, "?", nil),
    ]

    @Test("debug means DEBUG, no name means WARNING", arguments: thresholds)
    func threshold(_ debug: Bool, _ name: String, _ level: LogLevel?) {
        #expect(LogLevel.threshold(debug: debug, name: name) == level)
    }
}
