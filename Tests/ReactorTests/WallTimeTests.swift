import Foundation
import Testing

@testable import Reactor

private let moments: [(Int64, String, String)] = [
    (0, "1970-01-01 00:00:00", "1970-01-01T00:00:00.000000"),
    (1, "1970-01-01 00:00:00.000001", "1970-01-01T00:00:00.000001"),
    (-1, "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999"),
    (951_782_399_000_000, "2000-02-28 23:59:59", "2000-02-28T23:59:59.000000"),
    (951_782_400_000_000, "2000-02-29 00:00:00", "2000-02-29T00:00:00.000000"),
    (4_107_542_400_000_000, "2100-03-01 00:00:00", "2100-03-01T00:00:00.000000"),
    (1_700_000_000_500_000, "2023-11-14 22:13:20.500000", "2023-11-14T22:13:20.500000"),
    (253_402_300_799_999_999, "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999"),
]

struct WallTimeTests {
    @Test("moments in the forms of checkers and of D-Bus", arguments: moments)
    func wallTimes(microseconds: Int64, text: String, isoText: String) {
        let time = WallTime(microseconds: microseconds)
        #expect(time.text == text && time.isoText == isoText)
    }

    @Test("every day of two thousand years is the one that gmtime(3) says")
    func everyDay() {
        for day in Int64(-365_000)...365_000 {
            var seconds = time_t(day * 86_400)
            var broken = tm()
            gmtime_r(&seconds, &broken)
            let date = CivilDate(daysSince1970: day)
            let isRight =
                date.year == Int64(broken.tm_year) + 1900 && date.month == Int64(broken.tm_mon) + 1
                && date.day == Int64(broken.tm_mday)
            if !isRight { Issue.record("day \(day) is not \(date.text)") }
        }
    }

    @Test("the first and the last moment there are can be shown and moved")
    func extremes() {
        let last = WallTime(microseconds: .max), first = WallTime(microseconds: .min)
        #expect(last.text == "294247-01-10 04:00:54.775807")
        #expect(first.text == "-290308-12-21 19:59:05.224192")
        #expect(last + .seconds(1) == last && first + .seconds(-1) == first)
        #expect(last + .seconds(Int64.max) == last)
        #expect(WallTime(microseconds: 5) - WallTime(microseconds: 7) == .microseconds(-2))
        #expect(last - first > .seconds(1 << 40))
    }

    @Test("the clock of the system is the wall clock")
    func wallClock() {
        let before = WallTime(microseconds: Int64(time(nil)) * 1_000_000)
        let now = WallTime.now()
        #expect(before <= now + .seconds(1) && now - before < .seconds(60))
    }
}
