/// A day of the Gregorian calendar, extended to all years.
package struct CivilDate: Equatable, Sendable {
    package let year: Int64
    /// 1 to 12
    package let month: Int64
    /// 1 to 31
    package let day: Int64

    /// Counts in years that start in March, so that the leap day is the last of its year, and in
    /// eras of 400 years, all of which have 146 097 days.
    package init(daysSince1970 days: Int64) {
        let sinceMarchOfYear0 = days + 719_468
        let dayOfEra = (sinceMarchOfYear0 % 146_097 + 146_097) % 146_097
        let era = (sinceMarchOfYear0 - dayOfEra) / 146_097
        let leapDaysGone = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDaysGone) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Five months from March, and from August, have 153 days: 31 30 31 30 31.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = 400 * era + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// nil if there is no such day.
    package static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day),
            (-1_000_000...1_000_000).contains(year)
        else {
            return nil
        }
        let yearFromMarch = month <= 2 ? year - 1 : year
        let yearOfEra = (yearFromMarch % 400 + 400) % 400
        let monthFromMarch = (month + 9) % 12
        let dayOfEra =
            yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * monthFromMarch + 2) / 5
            + day - 1
        let days = (yearFromMarch - yearOfEra) / 400 * 146_097 + dayOfEra - 719_468
        let date = CivilDate(daysSince1970: days)
        return date.month == month && date.day == day ? days : nil
    }

    /// `YYYY-MM-DD`
    package var text: String {
        let sign = year < 0 ? "-" : ""
        let parts = [Digits.padded(abs(year), to: 4), Digits.padded(month, to: 2)]
        return "\(sign)\(parts[0])-\(parts[1])-\(Digits.padded(day, to: 2))"
    }
}
