/// Settings of a client as they are saved: all that clients.conf may say and that can be
/// another while the server runs, but the secret. nil where nothing is known.
package struct ClientValues: Equatable {
    package var isEnabled: Bool?
    package var isApprovedByDefault: Bool?
    package var host: String?
    package var checker: String?
    package var timeout: Duration?
    package var extendedTimeout: Duration?
    package var interval: Duration?
    package var approvalDelay: Duration?
    package var approvalDuration: Duration?

    package init() {}

    package init(_ settings: ClientSettings) {
        isEnabled = settings.isEnabled
        isApprovedByDefault = settings.isApprovedByDefault
        host = settings.host
        checker = settings.checker
        timeout = settings.timeout
        extendedTimeout = settings.extendedTimeout
        interval = settings.interval
        approvalDelay = settings.approvalDelay
        approvalDuration = settings.approvalDuration
    }

    /// Only what is another value than in `others`.
    package func differing(from others: ClientValues) -> ClientValues {
        var result = ClientValues()
        func keep<Value: Equatable>(_ value: Value?, _ other: Value?) -> Value? {
            value == other ? nil : value
        }
        result.isEnabled = keep(isEnabled, others.isEnabled)
        result.isApprovedByDefault = keep(isApprovedByDefault, others.isApprovedByDefault)
        result.host = keep(host, others.host)
        result.checker = keep(checker, others.checker)
        result.timeout = keep(timeout, others.timeout)
        result.extendedTimeout = keep(extendedTimeout, others.extendedTimeout)
        result.interval = keep(interval, others.interval)
        result.approvalDelay = keep(approvalDelay, others.approvalDelay)
        result.approvalDuration = keep(approvalDuration, others.approvalDuration)
        return result
    }
}
