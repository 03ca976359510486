internal import Reactor

extension ClientRecord {
    /// What `%(name)s` stands for in a checker command, see mandos-clients.conf(5), CHECKER. nil
    /// for what this client does not have.
    func value(of variable: CheckerVariable) -> String? {
        switch variable {
        case .host: settings.host
        case .name: settings.name.text
        case .keyID: settings.keyIDText
        case .fingerprint: settings.fingerprint
        case .approvalDelay: settings.approvalDelay.clockText
        case .approvalDuration: settings.approvalDuration.clockText
        case .interval: settings.interval.clockText
        case .timeout: settings.timeout.clockText
        case .enabled: state == .disabled ? "False" : "True"
        case .created: created.text
        case .expires: Self.text(expires)
        case .lastEnabled: Self.text(lastEnabled)
        case .lastCheckedOK: Self.text(lastCheckedOK)
        case .lastApprovalRequest: Self.text(lastApprovalRequest)
        case .objectPath: nil
        }
    }

    private static func text(_ time: WallTime?) -> String { time?.text ?? "None" }
}
