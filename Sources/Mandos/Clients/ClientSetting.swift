/// A change of one setting of a client, while the server runs. It takes effect at its next use.
package enum ClientSetting {
    case approvalDelay(Duration)
    case approvalDuration(Duration)
    case isApprovedByDefault(Bool)
    case checker(String)
    case extendedTimeout(Duration)
    case host(String)
    /// Longer than zero. A check is begun at once, and then at each interval.
    case interval(Duration)
    case secret(SharedSecret)
    /// Moves the expiry by the difference.
    case timeout(Duration)
}

extension ClientSettings {
    /// - Returns: what is announced, or nil if it was so already.
    mutating func apply(_ setting: ClientSetting) -> ClientProperty? {
        switch setting {
        case .approvalDelay(let span): Self.change(&approvalDelay, to: span, .approvalDelay)
        case .approvalDuration(let span):
            Self.change(&approvalDuration, to: span, .approvalDuration)
        case .isApprovedByDefault(let value):
            Self.change(&isApprovedByDefault, to: value, .isApprovedByDefault)
        case .checker(let text): Self.change(&checker, to: text, .checker)
        case .extendedTimeout(let span): Self.change(&extendedTimeout, to: span, .extendedTimeout)
        case .host(let text): Self.change(&host, to: text, .host)
        case .interval(let span): Self.change(&interval, to: span, .interval)
        case .secret(let new): Self.change(&secret, to: new, .secret)
        case .timeout(let span): Self.change(&timeout, to: span, .timeout)
        }
    }
    private static func change<Value: Equatable>(
        _ field: inout Value, to value: Value, _ property: ClientProperty
    ) -> ClientProperty? {
        guard field != value else { return nil }
        field = value
        return property
    }
}
