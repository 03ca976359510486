/// A property of the object of a client: DBUS-API.md says what each of them is.
enum ClientObjectProperty: CaseIterable {
    case approvalDelay, approvalDuration, approvalPending, approvedByDefault, checker
    case checkerRunning, created, enabled, expires, extendedTimeout, fingerprint, host, interval
    case keyID, lastApprovalRequest, lastCheckedOK, lastCheckerStatus, lastEnabled, name
    case objectPath, secret, timeout

    init?(named name: String) {
        guard let property = Self.allCases.first(where: { $0.matches(name) }) else { return nil }
        self = property
    }

    init(_ property: ClientProperty) {
        self =
            switch property {
            case .approvalDelay: .approvalDelay
            case .approvalDuration: .approvalDuration
            case .approvalPending: .approvalPending
            case .isApprovedByDefault: .approvedByDefault
            case .checker: .checker
            case .isCheckerRunning: .checkerRunning
            case .isEnabled: .enabled
            case .expires: .expires
            case .extendedTimeout: .extendedTimeout
            case .host: .host
            case .interval: .interval
            case .lastApprovalRequest: .lastApprovalRequest
            case .lastCheckedOK: .lastCheckedOK
            case .lastCheckerStatus: .lastCheckerStatus
            case .lastEnabled: .lastEnabled
            case .secret: .secret
            case .timeout: .timeout
            }
    }

    var title: StaticString {
        switch self {
        case .approvalDelay: "ApprovalDelay"
        case .approvalDuration: "ApprovalDuration"
        case .approvalPending: "ApprovalPending"
        case .approvedByDefault: "ApprovedByDefault"
        case .checker: "Checker"
        case .checkerRunning: "CheckerRunning"
        case .created: "Created"
        case .enabled: "Enabled"
        case .expires: "Expires"
        case .extendedTimeout: "ExtendedTimeout"
        case .fingerprint: "Fingerprint"
        case .host: "Host"
        case .interval: "Interval"
        case .keyID: "KeyID"
        case .lastApprovalRequest: "LastApprovalRequest"
        case .lastCheckedOK: "LastCheckedOK"
        case .lastCheckerStatus: "LastCheckerStatus"
        case .lastEnabled: "LastEnabled"
        case .name: "Name"
        case .objectPath: "ObjectPath"
        case .secret: "Secret"
        case .timeout: "Timeout"
        }
    }

    var type: StaticString {
        switch self {
        case .approvalPending, .approvedByDefault, .checkerRunning, .enabled: "b"
        case .approvalDelay, .approvalDuration, .extendedTimeout, .interval, .timeout: "t"
        case .checker, .created, .expires, .fingerprint, .host, .keyID, .lastApprovalRequest,
            .lastCheckedOK, .lastEnabled, .name:
            "s"
        case .lastCheckerStatus: "n"
        case .objectPath: "o"
        case .secret: "ay"
        }
    }

    var access: InterfaceDescription.Access {
        switch self {
        case .secret: .write
        case .approvalDelay, .approvalDuration, .approvedByDefault, .checker, .checkerRunning,
            .enabled, .extendedTimeout, .host, .interval, .lastCheckedOK, .timeout:
            .readWrite
        case .approvalPending, .created, .expires, .fingerprint, .keyID, .lastApprovalRequest,
            .lastCheckerStatus, .lastEnabled, .name, .objectPath:
            .read
        }
    }

    private var announcement: InterfaceDescription.Announcement {
        switch self {
        case .created, .fingerprint, .keyID, .name, .objectPath: .never
        case .secret: .invalidation
        default: .always
        }
    }

    var member: InterfaceDescription.Member {
        let member = InterfaceDescription.Member.property(title, type: type, access, announcement)
        return self == .objectPath ? .deprecated(member) : member
    }

    private func matches(_ text: String) -> Bool { title.description == text }
}
