internal import Reactor

extension ClientSettings {
    /// Settings by which the client gets its secret sooner, or longer after it was seen, than by
    /// those that were in force, as mandos-clients.conf(5) writes them. nil if there are none.
    func gains(over old: ClientValues) -> String? {
        var gains: [String] = []
        if isApprovedByDefault, old.isApprovedByDefault == false {
            gains.append("approved_by_default = True")
        }
        if let delay = old.approvalDelay, approvalDelay < delay {
            gains.append("approval_delay = \(approvalDelay.clockText)")
        }
        if let old = old.timeout, timeout > old {
            gains.append("timeout = \(timeout.clockText)")
        }
        if let old = old.extendedTimeout, extendedTimeout > old {
            gains.append("extended_timeout = \(extendedTimeout.clockText)")
        }
        return gains.isEmpty ? nil : gains.joined(separator: ", ")
    }
}

extension ClientValues {
    /// With what was changed while the server ran, of the settings that `gains` compares.
    func overlaid(by changed: ClientValues) -> ClientValues {
        var values = self
        values.isApprovedByDefault = changed.isApprovedByDefault ?? isApprovedByDefault
        values.approvalDelay = changed.approvalDelay ?? approvalDelay
        values.timeout = changed.timeout ?? timeout
        values.extendedTimeout = changed.extendedTimeout ?? extendedTimeout
        return values
    }
}

extension Restoration {
    /// - Parameter old: as they were in force.
    mutating func noteGains(_ settings: ClientSettings, over old: ClientValues) {
        guard let gains = settings.gains(over: old) else { return }
        say(
            .warning,
            "client \(settings.name.text): clients.conf grants it more than before: \(gains)")
    }
}
