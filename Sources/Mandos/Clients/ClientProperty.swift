/// What of a client may change and is announced when it does, by its name on D-Bus.
package enum ClientProperty: Equatable, CaseIterable, Sendable {
    case approvalDelay, approvalDuration, approvalPending, isApprovedByDefault
    case checker, isCheckerRunning, isEnabled, expires, extendedTimeout, host, interval
    case lastApprovalRequest, lastCheckedOK, lastCheckerStatus, lastEnabled
    case secret, timeout
}
