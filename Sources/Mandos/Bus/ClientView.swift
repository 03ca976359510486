internal import Reactor

/// A client as it is shown on D-Bus, at one moment.
struct ClientView {
    let record: ClientRecord
    let isApprovalPending: Bool
    let path: String

    /// nil for what cannot be read.
    func value(of property: ClientObjectProperty) -> PropertyValue? {
        let settings = record.settings
        return switch property {
        case .approvalDelay: Self.milliseconds(settings.approvalDelay)
        case .approvalDuration: Self.milliseconds(settings.approvalDuration)
        case .approvalPending: .boolean(isApprovalPending)
        case .approvedByDefault: .boolean(settings.isApprovedByDefault)
        case .checker: .string(settings.checker)
        case .checkerRunning: .boolean(record.isCheckerRunning)
        case .created: Self.time(record.created)
        case .enabled: .boolean(record.isEnabled)
        case .expires: Self.time(record.expires)
        case .extendedTimeout: Self.milliseconds(settings.extendedTimeout)
        case .fingerprint: .string(settings.fingerprint)
        case .host: .string(settings.host)
        case .interval: Self.milliseconds(settings.interval)
        case .keyID: .string(settings.keyIDText)
        case .lastApprovalRequest: Self.time(record.lastApprovalRequest)
        case .lastCheckedOK: Self.time(record.lastCheckedOK)
        case .lastCheckerStatus: .int16(Int16(clamping: record.lastCheckerStatus))
        case .lastEnabled: Self.time(record.lastEnabled)
        case .name: .string(settings.name.text)
        case .objectPath: .objectPath(path)
        case .secret: nil
        case .timeout: Self.milliseconds(settings.timeout)
        }
    }

    private static func milliseconds(_ span: Duration) -> PropertyValue {
        .uint64(wholeMilliseconds(span))
    }

    /// Fractions of a millisecond are left out.
    static func wholeMilliseconds(_ span: Duration) -> UInt64 {
        let (seconds, attoseconds) = span.components
        let (scaled, overflow) = UInt64(max(0, seconds)).multipliedReportingOverflow(by: 1000)
        if overflow { return .max }
        return scaled &+ UInt64(max(0, attoseconds) / 1_000_000_000_000_000)
    }

    private static func time(_ time: WallTime?) -> PropertyValue {
        .string(time.map { $0.isoText } ?? "")
    }
}

extension BusMessage {
    /// Appends the object of a client with its interfaces, as an `a{sa{sv}}`.
    func appendInterfaces(of client: ClientView) {
        let entries = client.entries
        append(.array, "{sa{sv}}") {
            for interface in MandosInterfaces.ofClientBesides { append(interface, []) }
            for interface in MandosInterfaces.clients { append(interface, entries) }
        }
    }

    /// Appends all that can be read of a client, as an `a{sv}`.
    func appendProperties(of client: ClientView) {
        append(.array, "{sv}") { append(client.entries) }
    }

    private func append(_ interface: StaticString, _ entries: [ClientView.Entry]) {
        append(.dictionaryEntry, "sa{sv}") {
            append(interface)
            append(.array, "{sv}") { append(entries) }
        }
    }

    private func append(_ entries: [ClientView.Entry]) {
        for entry in entries { append(entry.title, entry.value) }
    }
}

extension ClientView {
    fileprivate struct Entry {
        let title: StaticString
        let value: PropertyValue
    }

    /// Made once for an object, which shows them twice.
    fileprivate var entries: [Entry] {
        ClientObjectProperty.allCases.compactMap { property in
            value(of: property).map { Entry(title: property.title, value: $0) }
        }
    }
}
