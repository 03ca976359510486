/// What `%(name)s` in the command of a checker may refer to (mandos-clients.conf(5), EXPANSION).
package enum CheckerVariable: String, CaseIterable, Sendable {
    case host
    case name
    case keyID = "key_id"
    case fingerprint
    case approvalDelay = "approval_delay"
    case approvalDuration = "approval_duration"
    case interval
    case timeout
    case created
    case expires
    case lastApprovalRequest = "last_approval_request"
    case lastCheckedOK = "last_checked_ok"
    case lastEnabled = "last_enabled"
    case enabled
    case objectPath = "dbus_object_path"
}
