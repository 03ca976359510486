internal import CShims.Linux

/// A moment of the calendar. Only for showing and for keeping: what is due when is decided by
/// `Instant`s, because the calendar may be set.
package struct WallTime: Comparable, Hashable, Sendable {
    /// Since 1970-01-01 00:00:00 UTC, without leap seconds.
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// What the clock of the system says, CLOCK_REALTIME.
    package static func now() -> WallTime {
        var time = timespec()
        let result = unsafe clock_gettime(CLOCK_REALTIME, &time)
        precondition(result == 0)
        return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC, before `.ffffff` unless that is zero. The form that checkers
    /// see.
    package var text: String {
        fraction == 0 ? text(separator: " ") : text(separator: " ") + fractionText
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC: ISO 8601 with all digits. The form on D-Bus.
    package var isoText: String {
        let (date, ofDay) = parts
        guard (0...9999).contains(date.year) else { return text(separator: "T") + fractionText }
        // A list of all clients has tens of thousands of them: digit by digit, into one buffer.
        var text: [UInt8] = []
        text.reserveCapacity(26)
        func append(_ number: Int64, _ width: Int, _ separator: Unicode.Scalar) {
            Digits.append(number, width: width, to: &text)
            text.append(UInt8(ascii: separator))
        }
        append(date.year, 4, "-")
        append(date.month, 2, "-")
        append(date.day, 2, "T")
        append(ofDay / 3_600, 2, ":")
        append(ofDay / 60 % 60, 2, ":")
        append(ofDay % 60, 2, ".")
        Digits.append(fraction, width: 6, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Clamped instead of overflowing.
    package static func + (start: WallTime, span: Duration) -> WallTime {
        let (sum, overflow) = start.microseconds.addingReportingOverflow(span.clampedMicroseconds)
        guard overflow else { return WallTime(microseconds: sum) }
        return WallTime(microseconds: span < .zero ? .min : .max)
    }

    package static func - (end: WallTime, start: WallTime) -> Duration {
        .microseconds(end.microseconds) - .microseconds(start.microseconds)
    }

    /// Of the second, 0 to 999 999; before 1970 too.
    private var fraction: Int64 { (microseconds % 1_000_000 + 1_000_000) % 1_000_000 }

    private var fractionText: String { ".\(Digits.padded(fraction, to: 6))" }

    /// The day, and the seconds since it began.
    private var parts: (CivilDate, Int64) {
        let seconds = microseconds / 1_000_000 - (microseconds % 1_000_000 < 0 ? 1 : 0)
        let ofDay = (seconds % 86_400 + 86_400) % 86_400
        return (CivilDate(daysSince1970: (seconds - ofDay) / 86_400), ofDay)
    }

    private func text(separator: String) -> String {
        let (date, ofDay) = parts
        let clock = [ofDay / 3_600, ofDay / 60 % 60, ofDay % 60].map { Digits.padded($0, to: 2) }
        return "\(date.text)\(separator)\(clock[0]):\(clock[1]):\(clock[2])"
    }
}

extension Duration {
    /// Rounded toward zero; longer spans than an Int64 holds are cut to that.
    package var clampedMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, tooFar) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return tooFar ? (seconds < 0 ? .min : .max) : sum
    }
}
