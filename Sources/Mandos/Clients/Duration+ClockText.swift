internal import Reactor

extension Duration {
    /// `H:MM:SS`, after `1 day, ` or `D days, ` from a day on, before `.ffffff` if there are
    /// microseconds; what is smaller is cut off. The form that checkers see.
    package var clockText: String {
        let (seconds, attoseconds) = components
        var whole = seconds
        var microseconds = attoseconds / 1_000_000_000_000
        if microseconds < 0 {
            microseconds += 1_000_000
            whole -= 1
        }
        let ofDay = ((whole % 86_400) + 86_400) % 86_400
        let days = (whole - ofDay) / 86_400
        var text = days == 0 ? "" : days == 1 || days == -1 ? "\(days) day, " : "\(days) days, "
        text += "\(ofDay / 3_600):\(Digits.padded(ofDay / 60 % 60, to: 2))"
        text += ":\(Digits.padded(ofDay % 60, to: 2))"
        return microseconds == 0 ? text : text + ".\(Digits.padded(microseconds, to: 6))"
    }
}
